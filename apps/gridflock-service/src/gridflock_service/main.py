"""The ASGI application `gridflock_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import MakeBaseplate
from common.providers import client
from common.service import ServiceContext, create_service

from gridflock_service import api
from gridflock_service.context import GridflockContext
from gridflock_service.making import make_baseplate
from gridflock_service.settings import Settings
from gridflock_service.slicing import Slicer

__all__ = ["app"]

_NAME = "gridflock-service"

settings = Settings.load(_NAME)


async def _context(plain: ServiceContext, stack: AsyncExitStack) -> GridflockContext:
    http = client("the slicer", settings.slicer_url, patience=settings.breakpoint_seconds)
    slicer = Slicer(await stack.enter_async_context(http))
    return GridflockContext(**vars(plain), max_cells=settings.gridflock_max_cells, slicer=slicer)


app = create_service(
    _NAME,
    settings,
    routers=[api.routes],
    handlers=[handles(MakeBaseplate, make_baseplate)],
    context=_context,
)
