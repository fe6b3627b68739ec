"""Shopify's webhooks: an order is kept as the newest of them tells it, whatever the order in which they come."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from common.lenient import Moment
from common.receipts import ReceiptStatus, Webhook, WebhookReceipt, lock_subject, receive, understand
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from order_service import privacy
from order_service.cancelling import cancel
from order_service.changes import edit, refund
from order_service.context import OrderContext
from order_service.lines import Lines
from order_service.models import Order
from order_service.settling import settle
from order_service.shopify import ShopifyOrder, order_id
from order_service.views import OrderView
from order_service.waiting import REFUNDED, waits

__all__ = ["WEBHOOKS", "again", "take"]

_TOLD = frozenset(
    {"orders/create", "orders/paid", "orders/updated", "orders/fulfilled", "orders/partially_fulfilled"}
)
_EDITED, _REFUND = "orders/edited", "refunds/create"
# Shopify deletes only orders of which nothing is open.
_CANCELLED = frozenset({"orders/cancelled", "orders/delete"})
_PAYMENTS = (
    "",
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "voided",
    "refunded",
)
WEBHOOKS = "webhooks"
"""The journal's thread of what the shop told of an order."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_MOMENT = TypeAdapter[datetime | None](Moment)

logger = logging.getLogger(__name__)


async def take(context: OrderContext, webhook: Webhook) -> ReceiptStatus:
    """Stores one webhook, acts upon it, and tells the page what changed."""
    acting = _Acting(context)
    status = await receive(context.database, "shopify", webhook, acting.act)
    if status.status == "duplicate":
        await acting.recall(webhook)
    if status.status != "kept":  # then all was undone
        await acting.announce()
    return status


async def again(context: OrderContext, receipt_id: uuid.UUID) -> ReceiptStatus | None:
    """Acts once more upon a webhook that was kept; None when it is not here, or its body was forgotten."""
    acting = _Acting(context)
    async with context.database.transaction() as session:
        receipt = await session.get(WebhookReceipt, receipt_id, with_for_update=True)
        if receipt is None or receipt.body is None or receipt.provider != "shopify":
            return None
        if receipt.outcome == "kept":
            await understand(session, receipt, acting.act)
        outcome = receipt.outcome
    if outcome != "kept":
        await acting.announce()
    return ReceiptStatus(status=outcome)


class _Acting:
    """Acts upon one webhook, and remembers which orders it changed."""

    def __init__(self, context: OrderContext) -> None:
        self._context = context
        self._changed: set[uuid.UUID] = set()
        self._news: list[OrderView] = []

    async def announce(self) -> None:
        for told in self._news:
            await self._context.tell(told)
        for changed in self._changed:
            await self._context.announce(changed)

    async def recall(self, webhook: Webhook) -> None:
        """The order that a webhook changed when it came first: it may be told again because nobody answered then, and whoever
        was killed before the answer had not told the page either."""
        told = (WebhookReceipt.provider == "shopify") & (WebhookReceipt.webhook_id == webhook.webhook_id)
        subject = select(WebhookReceipt.subject).where(told).scalar_subquery()
        async with self._context.database.transaction() as session:
            found = await session.scalar(select(Order.id).where(Order.shopify_order_id == subject))
        if found is not None:
            self._changed.add(found)

    async def act(self, session: AsyncSession, receipt: WebhookReceipt) -> str:
        payload = receipt.payload
        receipt.person = privacy.person(receipt.topic, payload)
        if receipt.topic in privacy.TOPICS:
            self._changed |= await privacy.act(self._context, session, receipt, payload)
            return "stored"
        if receipt.topic in _TOLD or (receipt.topic == _EDITED and "order_edit" not in payload):
            order = await self._order(session, receipt, order_id(payload))
            before = waits(order)
            self._told(session, order, receipt, payload)
        elif receipt.topic in _CANCELLED:
            order = await self._order(session, receipt, order_id(payload))
            before = waits(order)
            if not order.items:  # all that is known of it may come with its cancellation
                self._told(session, order, receipt, payload)
            cancel(self._context, session, order)
        elif receipt.topic in (_EDITED, _REFUND):
            change = edit(payload) if receipt.topic == _EDITED else refund(payload)
            receipt.subject = change.order_id
            known = await self._known(session, change.order_id)
            if known is None or change.at is None or change.at <= (known.told_at or _LONG_AGO):
                return "stored"  # what came, or comes, of the order itself has it
            order, before = known, waits(known)
            order.told_at = change.at
            Lines(self._context, session, order).take_away(change.pieces)
        else:
            return "ignored"
        self._context.note(session, order.id, "webhook taken", thread=WEBHOOKS, detail=receipt.topic)
        if told := await settle(self._context, session, order, before):
            self._news.append(told)
            about = {"order": str(order.id), "number": order.number, "status": order.status}
            logger.info("an order changed", extra={"topic": receipt.topic, **about})
        return "stored"

    async def _known(self, session: AsyncSession, shopify_order_id: str) -> Order | None:
        await lock_subject(session, "shopify", shopify_order_id)
        wanted = select(Order).where(Order.shopify_order_id == shopify_order_id).with_for_update()
        found: Order | None = await session.scalar(wanted)
        return found

    async def _order(self, session: AsyncSession, receipt: WebhookReceipt, shopify_order_id: str) -> Order:
        receipt.subject = shopify_order_id
        order = await self._known(session, shopify_order_id)
        if order is None:
            order = Order(id=uuid.uuid4(), shopify_order_id=shopify_order_id, shop=receipt.account, items=[])
            order.parcel, order.created_at = None, datetime.now(UTC)
            order.payment, order.on_hold, order.archived = "", False, False
            session.add(order)
        return order

    def _told(
        self, session: AsyncSession, order: Order, receipt: WebhookReceipt, payload: dict[str, Any]
    ) -> None:
        """Takes over what a webhook tells of an order, unless something newer was told already."""
        shopify = ShopifyOrder.read(payload)
        triggered = _MOMENT.validate_python(receipt.triggered_at)
        if _is_newer(order, shopify, triggered):
            order.told_at, order.triggered_at = shopify.updated_at or triggered or order.told_at, triggered
            _judge(order, shopify, receipt.topic)
        elif order.items:
            return
        _describe(order, shopify)
        stopped = order.cancelled_at or shopify.cancelled_at
        if shopify.has_lines and not (stopped and order.items):
            Lines(self._context, session, order).take_over(shopify)
        if stopped:
            cancel(self._context, session, order)


def _is_newer(order: Order, shopify: ShopifyOrder, triggered: datetime | None) -> bool:
    told = shopify.updated_at or triggered
    if order.told_at is None or told is None:
        return True
    if told != order.told_at:
        return told > order.told_at
    if triggered and order.triggered_at and triggered != order.triggered_at:
        return triggered > order.triggered_at
    # Both are of the same second: payments only go forward.
    return _rank(shopify.financial_status or order.payment) >= _rank(order.payment)


def _rank(payment: str) -> int:
    return _PAYMENTS.index(payment.lower()) if payment.lower() in _PAYMENTS else 0


def _judge(order: Order, shopify: ShopifyOrder, topic: str) -> None:
    """What decides whether it is printed and shipped. A body that leaves it out leaves it as it was."""
    given = shopify.model_fields_set
    if shopify.financial_status:
        order.payment = shopify.financial_status.lower()
    elif topic == "orders/paid" and order.payment not in REFUNDED:
        order.payment = "paid"
    elif "financial_status" in given:
        order.payment = ""  # unknown: what is at work goes on, nothing new starts
    if "fulfillment_status" in given:
        order.on_hold = (shopify.fulfillment_status or "").lower() == "on_hold"
    if "closed_at" in given:
        order.archived = shopify.closed_at is not None
    if shopify.has_lines or shopify.has_total:
        order.unreadable = shopify.unreadable


def _describe(order: Order, shopify: ShopifyOrder) -> None:
    """What people call it, and where it goes. A body that leaves it out leaves it as it was."""
    new = order.number is None
    if new or shopify.name or shopify.order_number:
        order.number = shopify.number
    if new or shopify.currency:
        order.currency = (shopify.currency or "").upper()
    if new or shopify.total_price is not None:
        order.total = shopify.total
    if order.redacted_at is not None:
        return
    order.customer_id = shopify.customer.id or order.customer_id
    if new or shopify.customer_name != "-":
        order.customer = shopify.customer_name
    if new or shopify.customer_email:
        order.email = shopify.customer_email
    told = shopify.ship_to.model_dump()
    if new or ("shipping_address" in shopify.model_fields_set and told != order.told_address):
        # What a person corrected here stays until the shop tells another address than before.
        order.shipping_address = order.told_address = told
