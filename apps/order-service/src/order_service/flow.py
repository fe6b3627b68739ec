"""Messages from other services that move an order forward."""

from __future__ import annotations

import logging
from uuid import UUID

from common.messages import BaseplateFailed, BaseplateMade, ParcelChanged, PrintJobChanged
from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.cancelling import call_off_parcel
from order_service.context import OrderContext
from order_service.models import Order, OrderItem, OrderParcel
from order_service.settling import begin, changing, printing, shown
from order_service.status import NOTHING

__all__ = ["baseplate_failed", "baseplate_made", "parcel_changed", "print_job_changed", "retry"]

# Who acts next, by what a print or a parcel has become, and what to do where nobody does.
_PRINT = {
    "queued": ("SimplyPrint", "SimplyPrint starts it, and sends job.started"),
    "printing": ("SimplyPrint", "the printer ends it, and SimplyPrint sends job.done"),
    "failed": ("person", "print it again on the order's page"),
    "cancelled": ("person", "print it again on the order's page"),
}
_NOBODY = (None, "")
_PARCEL = {
    "announced": ("Sendcloud", "the carrier fetches it, and Sendcloud sends parcel_status_changed"),
    "en_route": ("Sendcloud", "the carrier delivers it, and Sendcloud sends parcel_status_changed"),
    "awaiting_pickup": ("Sendcloud", "the customer fetches it, and Sendcloud sends parcel_status_changed"),
    "failed": ("person", "correct the address or ask for the parcel again on the order's page"),
}

logger = logging.getLogger(__name__)


async def baseplate_made(context: OrderContext, message: BaseplateMade) -> None:
    """The model is ready: print it, unless the order was cancelled meanwhile."""
    async with changing(context, message.order_id) as (session, order):
        item = _item(order, message.print_job_id, message.attempt)
        if order is None or item is None or item.print_status != "modelling":
            return
        item.file_id = message.file_id
        item.print_status = "waiting"
        wanted = printing(order, item)
        context.publish(session, wanted)
        thread = item.print_job_id
        context.note(
            session, order.id, "print asked for", thread=thread, detail=shown(item), waits_for=wanted.queue
        )


async def baseplate_failed(context: OrderContext, message: BaseplateFailed) -> None:
    """Without a model there is no print: a person has to look."""
    async with changing(context, message.order_id) as (session, order):
        item = _item(order, message.print_job_id, message.attempt)
        if order is not None and item is not None and item.print_status == "modelling":
            item.print_status, item.print_error = "failed", message.error
            _note(context, session, order, item)


async def print_job_changed(context: OrderContext, message: PrintJobChanged) -> None:
    """Takes over a print job's state; the last one done requests the parcel. Outdated versions change nothing."""
    async with changing(context, message.order_id) as (session, order):
        item = _item(order, message.print_job_id, message.attempt)
        if order is None or item is None or message.version <= item.print_version:
            return
        item.print_version = message.version
        item.simplyprint_id = message.simplyprint_id
        if item.print_status != NOTHING:  # it is not wanted any more
            item.print_status = message.status
            item.print_error = message.error
            _note(context, session, order, item)


async def parcel_changed(context: OrderContext, message: ParcelChanged) -> None:
    """Takes over the parcel's state. Outdated versions change nothing."""
    async with changing(context, message.order_id) as (session, order):
        if order is None or (order.parcel is not None and order.parcel.version >= message.version):
            return
        if order.parcel is None:
            order.parcel = OrderParcel(order_id=order.id)
        order.parcel.parcel_id = message.parcel_id
        order.parcel.version = message.version
        order.parcel.status = message.status
        order.parcel.tracking_number = message.tracking_number
        order.parcel.tracking_url = message.tracking_url
        order.parcel.carrier = message.carrier
        order.parcel.error = message.error
        order.parcel.sendcloud_id = message.sendcloud_id
        waits_for, hint = _PARCEL.get(message.status, _NOBODY)
        what, told = f"parcel {message.status}", message.error or message.tracking_number
        context.note(session, order.id, what, thread="parcel", detail=told, waits_for=waits_for, hint=hint)
        if order.cancelled_at is not None and message.status == "announced":
            call_off_parcel(context, session, order)


async def retry(context: OrderContext, print_job_id: UUID) -> None:
    """Prints again what failed. Raises 404 for an unknown job, 409 for one that did not fail."""
    async with context.database.transaction() as session:
        order_id = await session.scalar(
            select(OrderItem.order_id).where(OrderItem.print_job_id == print_job_id)
        )
    if order_id is None:
        raise HTTPException(404, "no such print job")
    async with changing(context, order_id) as (session, order):
        if order is None:
            raise HTTPException(404, "no such print job")
        item = next(item for item in order.items if item.print_job_id == print_job_id)
        if order.cancelled_at is not None:
            raise HTTPException(409, "the order is cancelled")
        if item.print_status not in ("failed", "cancelled"):
            what = "nothing to print" if item.print_status == NOTHING else item.print_status
            raise HTTPException(409, f"the print job is {what}, not failed")
        begin(context, session, order, item)


def _note(context: OrderContext, session: AsyncSession, order: Order, item: OrderItem) -> None:
    waits_for, hint = _PRINT.get(item.print_status, _NOBODY)
    if order.cancelled_at is not None:
        waits_for, hint = _NOBODY
    context.note(
        session,
        order.id,
        f"print {item.print_status}",
        thread=item.print_job_id,
        detail=item.print_error or shown(item),
        waits_for=waits_for,
        hint=hint,
    )


def _item(order: Order | None, print_job_id: UUID, attempt: int) -> OrderItem | None:
    if order is None:
        logger.warning("a message for an unknown order", extra={"print_job": str(print_job_id)})
        return None
    item = next((item for item in order.items if item.print_job_id == print_job_id), None)
    return item if item is not None and item.print_attempt == attempt else None
