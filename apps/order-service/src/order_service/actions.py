"""What a person does with an order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from common.messages import ShippingAddress
from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.cancelling import cancel
from order_service.context import OrderContext
from order_service.models import Order
from order_service.settling import changing, request_parcel
from order_service.views import OrderDetails, details
from order_service.waiting import missing_in

__all__ = ["ask_for_parcel_again", "cancel_order", "correct_address"]


async def cancel_order(context: OrderContext, order_id: UUID) -> OrderDetails:
    """Prints and ships no more of it. Raises 404, or 409 when it is over."""
    async with _known(context, order_id) as (session, order):
        if order.cancelled_at is not None or order.status == "delivered":
            raise HTTPException(409, f"the order is {order.status}")
        cancel(context, session, order)
    return await _now(context, order_id)


async def correct_address(context: OrderContext, order_id: UUID, address: ShippingAddress) -> OrderDetails:
    """Sends it elsewhere; a parcel that the carrier refused is asked for again. Raises 404, 409 or 422."""
    given = {name: value.strip() for name, value in address.model_dump().items()}
    given["country"] = given["country"].upper()
    if missing := missing_in(given):
        raise HTTPException(422, missing)
    async with _known(context, order_id) as (session, order):
        if order.cancelled_at is not None:
            raise HTTPException(409, "the order is cancelled")
        if order.parcel_requested_at is not None and not _refused(order):
            raise HTTPException(409, "its parcel is made already")
        order.shipping_address = given
        if _refused(order):
            request_parcel(context, session, order)
    return await _now(context, order_id)


async def ask_for_parcel_again(context: OrderContext, order_id: UUID) -> OrderDetails:
    """Asks once more for a parcel that the carrier refused. Raises 404, or 409 for any other."""
    async with _known(context, order_id) as (session, order):
        if order.cancelled_at is not None or not _refused(order):
            raise HTTPException(409, "no parcel of it was refused")
        request_parcel(context, session, order)
    return await _now(context, order_id)


def _refused(order: Order) -> bool:
    return order.parcel is not None and order.parcel.status == "failed" and not order.parcel.tracking_number


@asynccontextmanager
async def _known(context: OrderContext, order_id: UUID) -> AsyncIterator[tuple[AsyncSession, Order]]:
    async with changing(context, order_id) as (session, order):
        if order is None:
            raise HTTPException(404, "no such order")
        yield session, order


async def _now(context: OrderContext, order_id: UUID) -> OrderDetails:
    async with context.database.transaction() as session:
        return details(await session.get_one(Order, order_id))
