"""Which orders the board asks for, a page at a time, and how many there are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from fastapi import HTTPException
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.models import Order, OrderItem
from order_service.status import LANES, Lane, OrderStatus
from order_service.views import Board, Lanes, Orders, view

__all__ = ["Filter", "board", "lanes", "page"]

Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Filter:
    """What a query asks for; what is empty asks for nothing. `q` is a part of a number, a name, an e-mail address or a SKU."""

    lane: Lane | Literal[""] = ""
    status: OrderStatus | Literal[""] = ""
    q: str = ""

    def on(self, query: Q) -> Q:
        """`query`, narrowed."""
        if self.lane:
            query = query.where(Order.lane == self.lane)
        if self.status:
            query = query.where(Order.status == self.status)
        if text := self.q.strip():
            sku = select(OrderItem.id).where(
                OrderItem.order_id == Order.id, OrderItem.sku.icontains(text, autoescape=True)
            )
            columns = (Order.number, Order.customer, Order.email, Order.shopify_order_id)
            named = (column.icontains(text, autoescape=True) for column in columns)
            query = query.where(or_(*named, sku.exists()))
        return query


async def page(session: AsyncSession, wanted: Filter, limit: int, after: str) -> Orders:
    """The newest wanted orders after a place. Raises 422 for a place that is none."""
    query = wanted.on(select(Order)).order_by(Order.created_at.desc(), Order.id).limit(limit + 1)
    if after:
        created, order_id = _place(after)
        same = (Order.created_at == created) & (Order.id > order_id)
        query = query.where(or_(Order.created_at < created, same))
    found = list(await session.scalars(query))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    following = f"{last.created_at.isoformat()}~{last.id}" if last else None
    return Orders(orders=[view(order) for order in found[:limit]], next=following)


async def lanes(session: AsyncSession, wanted: Filter) -> Lanes:
    """How many wanted orders there are in each lane."""
    query = wanted.on(select(Order.lane, func.count()).select_from(Order)).group_by(Order.lane)
    return Lanes(**{str(lane): int(count) for lane, count in await session.execute(query)})


async def board(session: AsyncSession, wanted: Filter, limit: int) -> Board:
    """The first page of every lane, and how many orders each has: what the page needs to begin with."""
    pages = {lane: await page(session, replace(wanted, lane=lane), limit, "") for lane in LANES}
    return Board(lanes=await lanes(session, wanted), pages=pages)


def _place(after: str) -> tuple[datetime, uuid.UUID]:
    created, _, order_id = after.partition("~")
    try:
        return datetime.fromisoformat(created.replace(" ", "+")), uuid.UUID(order_id)
    except ValueError:
        raise HTTPException(422, "after: not the `next` of a page") from None
