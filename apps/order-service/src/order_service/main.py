"""The ASGI application `order_service.main:app`. Importing it reads the environment."""

from __future__ import annotations

from contextlib import AsyncExitStack

from common.health import Health
from common.jobs import handles
from common.messages import BaseplateFailed, BaseplateMade, ParcelChanged, PrintJobChanged
from common.retention import forgetting, thinning
from common.service import ServiceContext, create_service

from order_service import api, flow, history, inbox
from order_service.context import OrderContext, with_events
from order_service.settings import Settings

__all__ = ["app"]

_NAME = "order-service"

settings = Settings.load(_NAME)


async def _context(plain: ServiceContext, stack: AsyncExitStack) -> OrderContext:
    order_context = with_events(plain, settings.redis_url)
    stack.push_async_callback(order_context.events.close)
    order_context.events.begin()
    return order_context


def _uses(context: OrderContext, health: Health) -> None:
    """Without Redis orders go on; only pages are not told."""
    health.needs("postgres", context.database.ping)
    health.uses("redis", context.redis.ping)


app = create_service(
    _NAME,
    settings,
    routers=[api.routes, history.routes, inbox.routes],
    handlers=[
        handles(BaseplateMade, flow.baseplate_made),
        handles(BaseplateFailed, flow.baseplate_failed),
        handles(PrintJobChanged, flow.print_job_changed),
        handles(ParcelChanged, flow.parcel_changed),
        forgetting("shopify", settings.webhook_retention_days),
        thinning(settings.journal_retention_days),
    ],
    context=_context,
    uses=_uses,
)
