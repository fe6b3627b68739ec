"""What order-service's handlers work with."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from common.application import context_of
from common.service import ServiceContext
from fastapi import Depends

from order_service.events import Events
from order_service.models import Order
from order_service.views import OrderView, view

__all__ = ["Context", "OrderContext", "with_events"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OrderContext(ServiceContext):
    """The plain context and the way to the gateway's Socket.IO clients."""

    events: Events

    async def tell(self, order: OrderView) -> None:
        """Sends `order.updated` to every open page: an order as it was committed. A page that misses one reads anew when it
        reconnects; one that knows a newer state (`updated_at`) keeps that."""
        await self.events.send("order.updated", order.model_dump(mode="json"))

    async def announce(self, order_id: UUID) -> None:
        """Tells the pages how an order is now."""
        async with self.database.transaction() as session:
            told = view(await session.get_one(Order, order_id))
        await self.tell(told)


def with_events(plain: ServiceContext, redis_url: str) -> OrderContext:
    """The plain context, able to send events to every open page."""
    return OrderContext(**vars(plain), events=Events(redis_url))


Context = Annotated[OrderContext, Depends(context_of(OrderContext))]
"""FastAPI dependency: the service's context."""
