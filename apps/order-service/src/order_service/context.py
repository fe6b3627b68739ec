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
from order_service.views import view

__all__ = ["Context", "OrderContext", "with_events"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OrderContext(ServiceContext):
    """The plain context and the way to the gateway's Socket.IO clients."""

    events: Events

    async def announce(self, order_id: UUID) -> None:
        """Sends `order.updated` to every open page. A page that misses one reads anew when it reconnects.

        The order is read and sent under its lock, so pages never see it go back to an older state.
        """
        async with self.database.transaction() as session:
            order = await session.get_one(Order, order_id, with_for_update=True)
            await self.events.send("order.updated", view(order).model_dump(mode="json"))


def with_events(plain: ServiceContext, redis_url: str) -> OrderContext:
    """The plain context, able to send events to every open page."""
    return OrderContext(**vars(plain), events=Events(redis_url))


Context = Annotated[OrderContext, Depends(context_of(OrderContext))]
"""FastAPI dependency: the service's context."""
