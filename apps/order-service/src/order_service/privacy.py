"""Shopify's privacy topics: what is held of a customer or a shop is shown on request, or forgotten."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from common import outgoing
from common.database import changed
from common.journal import JournalEntry
from common.leases import QueuedJob
from common.lenient import Identifier, Text
from common.messages import CreateParcel, RedactParcel
from common.receipts import WebhookReceipt
from pydantic import TypeAdapter
from sqlalchemy import ARRAY, ColumnElement, String, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import OrderContext
from order_service.models import Order, PrivacyRequest
from order_service.settling import settle
from order_service.waiting import waits

__all__ = ["TOPICS", "about", "act", "person"]

_REQUEST, _CUSTOMER, _SHOP = "customers/data_request", "customers/redact", "shop/redact"
TOPICS = frozenset({_REQUEST, _CUSTOMER, _SHOP})

_IDENTIFIER = TypeAdapter[str | None](Identifier)
_TEXT = TypeAdapter[str | None](Text)

logger = logging.getLogger(__name__)


def person(topic: str, payload: dict[str, Any]) -> str | None:
    """The customer whose data a body holds; None where it names none."""
    customer = payload.get("customer")
    named = customer.get("id") if isinstance(customer, dict) else None
    if named is None and topic.startswith("customers/") and topic not in TOPICS:
        named = payload.get("id")
    return _IDENTIFIER.validate_python(named)


async def act(
    context: OrderContext, session: AsyncSession, receipt: WebhookReceipt, payload: dict[str, Any]
) -> set[uuid.UUID]:
    """Does what is asked, notes that it was, and returns the orders that changed."""
    shop = _TEXT.validate_python(payload.get("shop_domain")) or receipt.account
    request = PrivacyRequest(
        id=uuid.uuid4(), topic=receipt.topic, shop=shop, customer_id=receipt.person, order_ids=_orders(payload),
        orders=0, bodies=0,
    )  # fmt: skip
    session.add(request)
    touched: set[uuid.UUID] = set()
    if receipt.topic == _SHOP:
        # What is older than the column `shop` is of the one shop that there was.
        touched = await _redact(context, session, Order.shop.in_([shop, ""]))
        request.bodies = await _forget(session, WebhookReceipt.account.in_([shop, ""]))
    elif receipt.topic == _CUSTOMER:
        touched = await _redact(context, session, Order.shopify_order_id.in_(request.order_ids))
        request.bodies = await _forget(session, _of(request))
    request.orders = len(touched)
    await session.flush()
    await session.refresh(receipt)  # its own body may be among what was forgotten
    logger.info("a privacy request", extra={"topic": receipt.topic, "orders": len(touched)})
    return touched


async def about(session: AsyncSession, request: PrivacyRequest) -> tuple[list[Order], list[WebhookReceipt]]:
    """All that is held of the customer of a request: the orders, and the webhooks whose bodies are still there."""
    ours: ColumnElement[bool] = Order.shopify_order_id.in_(request.order_ids)
    if request.customer_id is not None:
        ours = or_(ours, Order.customer_id == request.customer_id)
    orders = await session.scalars(select(Order).where(ours).order_by(Order.created_at))
    kept = select(WebhookReceipt).where(_of(request), WebhookReceipt.body.is_not(None))
    return list(orders), list(await session.scalars(kept.order_by(WebhookReceipt.received_at)))


def _of(request: PrivacyRequest) -> ColumnElement[bool]:
    theirs: ColumnElement[bool] = WebhookReceipt.subject.in_(request.order_ids)
    if request.customer_id is not None:
        theirs = or_(theirs, WebhookReceipt.person == request.customer_id)
    return (WebhookReceipt.provider == "shopify") & theirs


async def _redact(context: OrderContext, session: AsyncSession, which: ColumnElement[bool]) -> set[uuid.UUID]:
    """Forgets whose these orders were, here and in what the carrier told of their parcels."""
    found = list(await session.scalars(select(Order).where(which).order_by(Order.id).with_for_update()))
    for order in found:
        before = waits(order)
        order.customer, order.email, order.customer_id = "redacted", "", None
        order.shipping_address, order.told_address = {}, None
        order.redacted_at = order.redacted_at or datetime.now(UTC)
        context.publish(session, RedactParcel(order_id=order.id))
        await settle(context, session, order, before)
        await outgoing.write(session)  # what was said of it just now is forgotten too
        await _forget_elsewhere(session, order.id)
    return {order.id for order in found}


async def _forget_elsewhere(session: AsyncSession, order_id: uuid.UUID) -> None:
    """A parcel that waits to be announced, or failed for good, has the address; a refusal in the journal may quote it."""
    theirs = (QueuedJob.args["subject"].astext == str(order_id)) & (
        QueuedJob.task_name == CreateParcel.job_name()
    )
    nowhere = func.jsonb_set(QueuedJob.args, cast(["payload", "to"], ARRAY(String)), cast({}, JSONB))
    await session.execute(update(QueuedJob).where(theirs).values(args=nowhere))
    await session.flush()
    await session.execute(update(JournalEntry).where(JournalEntry.order_id == order_id).values(detail=""))


async def _forget(session: AsyncSession, which: ColumnElement[bool]) -> int:
    held = WebhookReceipt.body.is_not(None) & (WebhookReceipt.provider == "shopify")
    await session.flush()
    forgetting = update(WebhookReceipt).where(which, held).values(body=None, person=None)
    return await changed(session, forgetting)


def _orders(payload: dict[str, Any]) -> list[str]:
    named = payload.get("orders_to_redact") or payload.get("orders_requested") or []
    each = (_IDENTIFIER.validate_python(one) for one in (named if isinstance(named, list) else []))
    return [one for one in each if one is not None]
