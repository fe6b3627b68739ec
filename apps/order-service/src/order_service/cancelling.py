"""Cancels an order: what is not printed is not printed any more, and no parcel leaves."""

from __future__ import annotations

from datetime import UTC, datetime

from common.messages import CancelParcel, CancelPrintJob
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import OrderContext
from order_service.models import Order
from order_service.status import HELD, OPEN_PRINTS

__all__ = ["call_off_parcel", "cancel"]


def cancel(context: OrderContext, session: AsyncSession, order: Order) -> None:
    """Cancels it, once. What has been delivered stays so: there is nothing left to stop."""
    if order.status == "delivered":
        return
    first = order.cancelled_at is None
    if first:
        context.note(session, order.id, "cancellation taken")
    order.cancelled_at = order.cancelled_at or datetime.now(UTC)
    if first and order.parcel_requested_at is not None:
        call_off_parcel(context, session, order)
    for item in order.items:
        if item.print_status in ("modelling", HELD):
            # print-service has not heard of it, and never will.
            item.print_status = "cancelled"
            context.note(session, order.id, "print cancelled", thread=item.print_job_id)
        elif first and item.print_status in OPEN_PRINTS:
            job, attempt = item.print_job_id, item.print_attempt
            context.publish(session, CancelPrintJob(print_job_id=job, order_id=order.id, attempt=attempt))
            context.note(
                session, order.id, "print's end asked for", thread=job, waits_for=CancelPrintJob.queue
            )


def call_off_parcel(context: OrderContext, session: AsyncSession, order: Order) -> None:
    """Has its parcel cancelled, whether or not there is one yet."""
    context.publish(session, CancelParcel(order_id=order.id))
    waiting = CancelParcel.queue
    context.note(session, order.id, "parcel's end asked for", thread="parcel", waits_for=waiting)
