"""What the gateway calls."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from common.internal import require_internal_key
from common.messages import ShippingAddress
from common.receipts import ReceiptStatus, Received
from fastapi import APIRouter, Depends, HTTPException, Query

from order_service import actions, flow, inbox, intake, listing
from order_service.context import Context
from order_service.inbox import Webhooks
from order_service.listing import Filter
from order_service.models import Order
from order_service.views import Board, Lanes, OrderDetails, Orders, details

__all__ = ["routes"]

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


Limit = Annotated[int, Query(ge=1, le=500)]


@routes.post("/webhooks/shopify")
async def shopify_webhook(context: Context, webhook: Received) -> ReceiptStatus:
    """Stores a verified webhook, raw, and acts upon it."""
    return await intake.take(context, webhook)


@routes.get("/orders")
async def list_orders(
    context: Context, wanted: Annotated[Filter, Depends()], limit: Limit = 50, after: str = ""
) -> Orders:
    """The newest orders that are wanted; `after` is the `next` of the page before. 422 for one that is no such thing."""
    async with context.database.transaction() as session:
        return await listing.page(session, wanted, limit, after)


@routes.get("/board")
async def get_board(context: Context, wanted: Annotated[Filter, Depends()], limit: Limit = 20) -> Board:
    """The first orders of every lane, and how many there are."""
    async with context.database.transaction() as session:
        return await listing.board(session, wanted, limit)


@routes.get("/lanes")
async def count_lanes(context: Context, wanted: Annotated[Filter, Depends()]) -> Lanes:
    """How many of the wanted orders there are in each lane."""
    async with context.database.transaction() as session:
        return await listing.lanes(session, wanted)


@routes.get("/orders/{order_id}")
async def get_order(context: Context, order_id: UUID) -> OrderDetails:
    """One order; 404 when it is not here."""
    async with context.database.transaction() as session:
        order = await session.get(Order, order_id)
        if order is None:
            raise HTTPException(404, "no such order")
        return details(order)


@routes.get("/orders/{order_id}/webhooks")
async def list_webhooks_of(context: Context, order_id: UUID) -> Webhooks:
    """All webhooks that came for an order, of every provider; 404 when it is not here."""
    async with context.database.transaction() as session:
        order = await session.get(Order, order_id)
        if order is None:
            raise HTTPException(404, "no such order")
        return await inbox.about(session, order)


@routes.post("/orders/{order_id}/cancel")
async def cancel_order(context: Context, order_id: UUID) -> OrderDetails:
    """Prints and ships no more of it; Shopify is not told. 409 when it is delivered or cancelled."""
    return await actions.cancel_order(context, order_id)


@routes.post("/orders/{order_id}/address")
async def correct_address(context: Context, order_id: UUID, address: ShippingAddress) -> OrderDetails:
    """Where it goes. 409 when its parcel is made, 422 when something is missing."""
    return await actions.correct_address(context, order_id, address)


@routes.post("/orders/{order_id}/parcel")
async def ask_for_parcel_again(context: Context, order_id: UUID) -> OrderDetails:
    """Asks for a parcel that the carrier refused; 409 for any other."""
    return await actions.ask_for_parcel_again(context, order_id)


@routes.post("/print-jobs/{print_job_id}/retry", status_code=202)
async def retry_print_job(context: Context, print_job_id: UUID) -> dict[str, str]:
    """Prints a failed job again."""
    await flow.retry(context, print_job_id)
    return {"status": "accepted"}
