"""The ASGI application `order_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

import socketio
from common.jobs import handles
from common.messages import BaseplateFailed, BaseplateMade, ParcelChanged, PrintJobChanged
from common.service import ServiceContext, create_service
from common.settings import ServiceSettings

from order_service import api, flow
from order_service.context import OrderContext

__all__ = ["app"]

_NAME = "order-service"

settings = ServiceSettings.load(_NAME)


async def _context(plain: ServiceContext, _: AsyncExitStack) -> OrderContext:
    return OrderContext(**vars(plain), events=socketio.AsyncRedisManager(settings.redis_url, write_only=True))


app = create_service(
    _NAME,
    settings,
    routers=[api.routes],
    handlers=[
        handles(BaseplateMade, flow.baseplate_made),
        handles(BaseplateFailed, flow.baseplate_failed),
        handles(PrintJobChanged, flow.print_job_changed),
        handles(ParcelChanged, flow.parcel_changed),
    ],
    context=_context,
)
