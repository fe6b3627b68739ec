"""gridflock-service, put together."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import MakeBaseplate
from common.providers import client
from common.service import ServiceContext, create_service
from fastapi import FastAPI

from gridflock_service import api
from gridflock_service.context import GridflockContext
from gridflock_service.making import make_baseplate
from gridflock_service.settings import Settings
from gridflock_service.slicing import Slicer

__all__ = ["create"]

_NAME = "gridflock-service"


def create() -> FastAPI:
    """The application, with its settings from the environment."""
    settings = Settings.load(_NAME)

    async def context(plain: ServiceContext, stack: AsyncExitStack) -> GridflockContext:
        http = client(settings.slicer_url, patience=settings.breakpoint_seconds)
        stack.push_async_callback(http.aclose)
        return GridflockContext(**vars(plain), max_cells=settings.gridflock_max_cells, slicer=Slicer(http))

    return create_service(
        _NAME,
        settings,
        routers=[api.routes],
        handlers=[handles(MakeBaseplate, make_baseplate)],
        context=context,
    )
