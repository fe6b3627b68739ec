"""The ASGI application `print_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import CancelPrintJob, CreatePrintJob
from common.providers import client
from common.retention import forgetting
from common.service import ServiceContext, create_service

from print_service import api, prints
from print_service.context import PrintContext
from print_service.settings import Settings
from print_service.simplyprint import SimplyPrint

__all__ = ["app"]

_NAME = "print-service"

settings = Settings.load(_NAME)


async def _context(plain: ServiceContext, stack: AsyncExitStack) -> PrintContext:
    key = {"X-API-KEY": settings.simplyprint_api_key.get_secret_value()}
    http = client("SimplyPrint", settings.simplyprint, headers=key, patience=settings.breakpoint_seconds)
    return PrintContext(**vars(plain), simplyprint=SimplyPrint(await stack.enter_async_context(http)))


app = create_service(
    _NAME,
    settings,
    routers=[api.routes],
    handlers=[
        handles(CreatePrintJob, prints.create_print_job),
        handles(CancelPrintJob, prints.cancel_print_job),
        forgetting("simplyprint", settings.webhook_retention_days),
    ],
    context=_context,
)
