"""print-service, put together."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import CancelPrintJob, CreatePrintJob
from common.providers import client
from common.service import ServiceContext, create_service
from fastapi import FastAPI

from print_service import api, prints
from print_service.context import PrintContext
from print_service.settings import Settings
from print_service.simplyprint import SimplyPrint

__all__ = ["create"]

_NAME = "print-service"


def create() -> FastAPI:
    """The application, with its settings from the environment."""
    settings = Settings.load(_NAME)

    async def context(plain: ServiceContext, stack: AsyncExitStack) -> PrintContext:
        key = settings.simplyprint_api_key.get_secret_value()
        http = client(
            settings.simplyprint_api_url, headers={"X-API-KEY": key}, patience=settings.breakpoint_seconds
        )
        stack.push_async_callback(http.aclose)
        return PrintContext(**vars(plain), simplyprint=SimplyPrint(http))

    return create_service(
        _NAME,
        settings,
        routers=[api.routes],
        handlers=[
            handles(CreatePrintJob, prints.create_print_job),
            handles(CancelPrintJob, prints.cancel_print_job),
        ],
        context=context,
    )
