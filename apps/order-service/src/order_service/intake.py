"""Shopify's order webhooks: each order is stored once, and starts printing or stops."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime

from common.messages import CancelParcel, CancelPrintJob, CreatePrintJob, MakeBaseplate, Message
from common.receipts import ReceiptStatus, Webhook, store
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import OrderContext, settle
from order_service.models import Order, OrderItem
from order_service.shopify import ShopifyOrder, baseplate_size
from order_service.status import OPEN_PRINTS

__all__ = ["receive", "start_print"]

_NEW = frozenset({"orders/create", "orders/paid"})
_CANCELLED = "orders/cancelled"

logger = logging.getLogger(__name__)


async def receive(context: OrderContext, webhook: Webhook) -> ReceiptStatus:
    """Handles one webhook. Raises `ValidationError` when it is no order."""
    if webhook.topic not in _NEW and webhook.topic != _CANCELLED:
        return ReceiptStatus(status="ignored")
    shopify = ShopifyOrder.model_validate(webhook.payload)
    cancelled = webhook.topic == _CANCELLED
    # One transaction for the inbox and for what follows from it: a webhook that is known was acted upon.
    async with context.database.transaction() as session:
        if not await store(session, "shopify", webhook, str(shopify.id)):
            return ReceiptStatus(status="duplicate")
        changed = order_id = await _insert(session, shopify, cancelled=cancelled)
        if order_id is not None:
            for item in _items(order_id, shopify, cancelled=cancelled):
                session.add(item)
                if item.print_status in OPEN_PRINTS:
                    context.publish(session, start_print(item))
        elif cancelled:
            changed = await _cancel(context, session, str(shopify.id))
    if changed is None:
        return ReceiptStatus(status="ignored" if cancelled else "duplicate")
    stored = "order cancelled" if cancelled else "order stored"
    logger.info(stored, extra={"order": str(changed), "number": shopify.number})
    await context.announce(changed)
    return ReceiptStatus(status="stored")


def start_print(item: OrderItem) -> Message:
    """The message that starts the item's print job: first the model, when the item is a baseplate without one."""
    job, order, attempt = item.print_job_id, item.order_id, item.print_attempt
    size = baseplate_size(item.sku)
    if size and item.file_id is None:
        return MakeBaseplate(print_job_id=job, order_id=order, attempt=attempt, columns=size[0], rows=size[1])
    return CreatePrintJob(
        print_job_id=job,
        order_id=order,
        attempt=attempt,
        title=item.title,
        sku=item.sku,
        quantity=item.quantity,
        file_id=item.file_id,
    )


async def _insert(session: AsyncSession, shopify: ShopifyOrder, cancelled: bool) -> uuid.UUID | None:
    now = datetime.now(UTC)
    row = insert(Order).values(
        id=uuid.uuid4(),
        shopify_order_id=str(shopify.id),
        number=shopify.number,
        customer=shopify.customer_name,
        email=shopify.customer_email,
        currency=shopify.currency,
        total=shopify.total_price,
        shipping_address=shopify.ship_to.model_dump(),
        status="cancelled" if cancelled else "received",
        cancelled_at=now if cancelled else None,
        created_at=now,
        updated_at=now,
    )
    once = row.on_conflict_do_nothing(index_elements=["shopify_order_id"]).returning(Order.id)
    return (await session.execute(once)).scalar_one_or_none()


def _items(order_id: uuid.UUID, shopify: ShopifyOrder, cancelled: bool) -> list[OrderItem]:
    def state(sku: str) -> str:
        if cancelled:
            return "cancelled"
        return "modelling" if baseplate_size(sku) else "waiting"

    return [
        OrderItem(
            id=uuid.uuid4(),
            order_id=order_id,
            position=position,
            title=line.title or line.name or line.sku or "untitled",
            sku=line.sku or "",
            quantity=line.quantity,
            print_job_id=uuid.uuid4(),
            print_status=state(line.sku or ""),
            print_attempt=1,
            print_version=0,
        )
        for position, line in enumerate(shopify.line_items)
    ]


async def _cancel(context: OrderContext, session: AsyncSession, shopify_order_id: str) -> uuid.UUID | None:
    """The order that was cancelled; None when there was nothing left to cancel."""
    order = await session.scalar(
        select(Order).where(Order.shopify_order_id == shopify_order_id).with_for_update()
    )
    # What has been delivered stays so: there is nothing left to stop.
    if order is None or order.cancelled_at is not None or order.status == "delivered":
        return None
    order.cancelled_at = datetime.now(UTC)
    for item in order.items:
        if item.print_status == "modelling":
            # print-service has not heard of it, and never will.
            item.print_status = "cancelled"
        elif item.print_status in OPEN_PRINTS:
            job, attempt = item.print_job_id, item.print_attempt
            context.publish(session, CancelPrintJob(print_job_id=job, order_id=order.id, attempt=attempt))
    if order.parcel_requested_at is not None:
        context.publish(session, CancelParcel(order_id=order.id))
    await settle(session, order)
    return order.id
