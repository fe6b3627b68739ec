"""What came in, for people to see: webhooks with their bodies, and privacy requests with what they ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from common.internal import require_internal_key
from common.receipts import ReceiptStatus, WebhookReceipt
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from order_service import intake, privacy
from order_service.context import Context
from order_service.models import Order, PrivacyRequest
from order_service.views import OrderView, view

__all__ = ["Webhooks", "about", "routes"]

_MOST = 500

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


class WebhookView(BaseModel):
    """A webhook that came in; `problem` is why it could not be understood."""

    id: UUID
    provider: str
    topic: str
    subject: str
    received_at: datetime
    outcome: str
    problem: str | None


class WebhookBody(WebhookView):
    """And its body as text; None once it was forgotten."""

    body: str | None


class Webhooks(BaseModel):
    """The newest first. `problems` counts all that could not be understood."""

    webhooks: list[WebhookView]
    problems: int


class PrivacyRequestView(BaseModel):
    """What was asked, and how many orders and bodies it was about."""

    id: UUID
    topic: str
    shop: str
    customer_id: str | None
    order_ids: list[str]
    orders: int
    bodies: int
    received_at: datetime


class Held(BaseModel):
    """All that is held of a customer."""

    orders: list[OrderView]
    addresses: dict[str, dict[str, str]]
    webhooks: list[WebhookBody]


@routes.get("/webhooks")
async def list_webhooks(
    context: Context,
    problem: bool = False,
    subject: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Webhooks:
    """Webhooks, of all providers: only those with a problem, or about one subject, if asked."""
    wanted = select(WebhookReceipt).order_by(WebhookReceipt.received_at.desc()).limit(limit)
    if problem:
        wanted = wanted.where(WebhookReceipt.problem.is_not(None))
    if subject:
        wanted = wanted.where(WebhookReceipt.subject == subject)
    count = select(func.count()).where(WebhookReceipt.problem.is_not(None))
    async with context.database.transaction() as session:
        found = [_view(receipt) for receipt in await session.scalars(wanted)]
        return Webhooks(webhooks=found, problems=await session.scalar(count) or 0)


@routes.get("/webhooks/{receipt_id}")
async def get_webhook(context: Context, receipt_id: UUID) -> WebhookBody:
    """One webhook with its body; 404 when it is not here."""
    async with context.database.transaction() as session:
        receipt = await session.get(WebhookReceipt, receipt_id)
        if receipt is None:
            raise HTTPException(404, "no such webhook")
        return _with_body(receipt)


@routes.post("/webhooks/{receipt_id}/again")
async def act_again(context: Context, receipt_id: UUID) -> ReceiptStatus:
    """Acts once more upon a webhook that could not be understood; 404 when there is nothing to act upon."""
    status = await intake.again(context, receipt_id)
    if status is None:
        raise HTTPException(404, "no such webhook of Shopify's, or its body was forgotten")
    return status


@routes.get("/privacy-requests")
async def list_privacy_requests(context: Context) -> list[PrivacyRequestView]:
    """All of them, newest first."""
    newest = select(PrivacyRequest).order_by(PrivacyRequest.received_at.desc())
    async with context.database.transaction() as session:
        return [
            PrivacyRequestView.model_validate(request, from_attributes=True)
            for request in await session.scalars(newest)
        ]


@routes.get("/privacy-requests/{request_id}/data")
async def get_held(context: Context, request_id: UUID) -> Held:
    """What is held of the customer whom a request is about; 404 when there is no such request."""
    async with context.database.transaction() as session:
        request = await session.get(PrivacyRequest, request_id)
        if request is None:
            raise HTTPException(404, "no such privacy request")
        orders, receipts = await privacy.about(session, request)
        return Held(
            orders=[view(order) for order in orders],
            addresses={order.shopify_order_id: order.shipping_address for order in orders},
            webhooks=[_with_body(receipt) for receipt in receipts],
        )


async def about(session: AsyncSession, order: Order) -> Webhooks:
    """What came for an order: from the shop, from the printers, from the carrier. The newest first."""
    jobs = [item.simplyprint_id for item in order.items if item.simplyprint_id]
    parcels = [order.parcel.sendcloud_id] if order.parcel and order.parcel.sendcloud_id else []
    subjects = {"shopify": [order.shopify_order_id], "simplyprint": jobs, "sendcloud": parcels}
    theirs = (
        (WebhookReceipt.provider == provider) & WebhookReceipt.subject.in_(named)
        for provider, named in subjects.items()
    )
    wanted = (
        select(WebhookReceipt).where(or_(*theirs)).order_by(WebhookReceipt.received_at.desc()).limit(_MOST)
    )
    found = [_view(receipt) for receipt in await session.scalars(wanted)]
    return Webhooks(webhooks=found, problems=sum(one.problem is not None for one in found))


def _view(receipt: WebhookReceipt) -> WebhookView:
    return WebhookView.model_validate(receipt, from_attributes=True)


def _with_body(receipt: WebhookReceipt) -> WebhookBody:
    body = None if receipt.body is None else receipt.body.decode("utf-8", "replace")
    return WebhookBody(**vars(_view(receipt)), body=body)
