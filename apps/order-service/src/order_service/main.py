"""The ASGI application `order_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.jobs import handles
from common.messages import BaseplateFailed, BaseplateMade, ParcelChanged, PrintJobChanged
from common.service import ServiceContext, create_service
from common.settings import ServiceSettings

from order_service import api, flow
from order_service.context import OrderContext, with_events

__all__ = ["app"]

_NAME = "order-service"

settings = ServiceSettings.load(_NAME)


async def _context(plain: ServiceContext, _: AsyncExitStack) -> OrderContext:
    return with_events(plain, settings.redis_url)


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
