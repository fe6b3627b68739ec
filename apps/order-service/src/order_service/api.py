"""What the gateway calls."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from common.internal import require_internal_key
from common.receipts import ReceiptStatus, Received
from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy import select

from order_service import flow, intake
from order_service.context import Context
from order_service.models import Order
from order_service.status import OrderStatus
from order_service.views import Orders, OrderView, view

__all__ = ["routes"]

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


@routes.post("/webhooks/shopify")
async def shopify_webhook(context: Context, webhook: Received) -> ReceiptStatus:
    """Stores a verified webhook, raw, and acts upon it."""
    return await intake.take(context, webhook)


@routes.get("/orders")
async def list_orders(
    context: Context,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    status: OrderStatus | Literal[""] = "",
) -> Orders:
    """The newest orders, filtered by status when one is given."""
    newest = select(Order).order_by(Order.created_at.desc(), Order.id).limit(limit)
    if status:
        newest = newest.where(Order.status == status)
    async with context.database.transaction() as session:
        return Orders(orders=[view(order) for order in await session.scalars(newest)])


@routes.get("/orders/{order_id}")
async def get_order(context: Context, order_id: UUID) -> OrderView:
    """One order; 404 when it is not here."""
    async with context.database.transaction() as session:
        order = await session.get(Order, order_id)
        if order is None:
            raise HTTPException(404, "no such order")
        return view(order)


@routes.post("/print-jobs/{print_job_id}/retry", status_code=202)
async def retry_print_job(context: Context, print_job_id: UUID) -> dict[str, str]:
    """Prints a failed job again."""
    await flow.retry(context, print_job_id)
    return {"status": "accepted"}
