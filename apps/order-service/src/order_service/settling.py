"""Whatever changes an order ends here: what it waits for, what is started because of that, and its status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from common import outgoing
from common.messages import CreateParcel, CreatePrintJob, MakeBaseplate, Message, ShippingAddress
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import OrderContext
from order_service.models import Order, OrderItem
from order_service.shopify import baseplate_size
from order_service.status import HELD, NOTHING, derive, lane_of
from order_service.views import OrderView, view
from order_service.waiting import Waits, waits

__all__ = ["begin", "changing", "printing", "request_parcel", "settle", "shown"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def changing(context: OrderContext, order_id: UUID) -> AsyncIterator[tuple[AsyncSession, Order | None]]:
    """An order, locked until the block ends. What changed is then settled, saved and told to the page. A job ends with it."""
    async with context.database.transaction(ends_job=True) as session:
        order = await session.get(Order, order_id, with_for_update=True)
        before = waits(order) if order else None
        yield session, order
        told = await settle(context, session, order, before) if order else None
    if told is not None:
        await context.tell(told)


async def settle(
    context: OrderContext, session: AsyncSession, order: Order, before: Waits | None
) -> OrderView | None:
    """Starts what can start, gives a changed order its status, and saves it. What pages are to be told once that is committed;
    None when nothing had changed.

    `before` is what the order waited for before it was changed.
    """
    why = waits(order)
    if why is None and order.cancelled_at is None and order.parcel_requested_at is None:
        for item in order.items:
            if item.print_status == HELD:
                begin(context, session, order, item)
        if {item.print_status for item in order.items} - {NOTHING} == {"done"}:
            request_parcel(context, session, order)
    status = derive(
        [item.print_status for item in order.items],
        order.parcel.status if order.parcel else None,
        order.cancelled_at is not None,
        why and why.status,
    )
    if status != order.status or why != before:
        _note_status(context, session, order, status, why)
    order.status, order.lane = status, lane_of(status, why is not None and why.whose == "person")
    if not (session.dirty or session.new or session.deleted or outgoing.anything(session)):
        return None
    # Pages keep what is newer, and another service's clock may be ahead.
    order.updated_at = max(datetime.now(UTC), (order.updated_at or _LONG_AGO) + timedelta(milliseconds=1))
    told = view(order)
    await session.flush()
    return told


def _note_status(
    context: OrderContext, session: AsyncSession, order: Order, status: str, why: Waits | None
) -> None:
    waits_for = why.whose if why and why.whose != "nobody" else None
    hint = "the order's page has what can be done" if waits_for == "person" else ""
    because = why.because if why else ""
    context.note(session, order.id, f"order {status}", detail=because, waits_for=waits_for, hint=hint)


def begin(context: OrderContext, session: AsyncSession, order: Order, item: OrderItem) -> None:
    """Starts the item's next print job: first the model, when the item is a baseplate without one."""
    item.print_attempt += 1
    item.print_error = item.simplyprint_id = None
    size = baseplate_size(item.sku) if item.file_id is None else None
    item.print_status = "modelling" if size else "waiting"
    message = _making(order, item, size) if size else printing(order, item)
    context.publish(session, message)
    what = "model asked for" if size else "print asked for"
    context.note(
        session, order.id, what, thread=item.print_job_id, detail=shown(item), waits_for=message.queue
    )


def shown(item: OrderItem) -> str:
    """`2 × VASE-1`, and which attempt at printing it is."""
    again = f", attempt {item.print_attempt}" if item.print_attempt > 1 else ""
    return f"{item.quantity} × {item.sku}{again}"


def printing(order: Order, item: OrderItem) -> Message:
    """The message that has the item printed."""
    return CreatePrintJob(
        print_job_id=item.print_job_id,
        order_id=order.id,
        attempt=item.print_attempt,
        title=item.title,
        sku=item.sku,
        quantity=item.quantity,
        file_id=item.file_id,
    )


def _making(order: Order, item: OrderItem, size: tuple[int, int]) -> Message:
    return MakeBaseplate(
        print_job_id=item.print_job_id,
        order_id=order.id,
        attempt=item.print_attempt,
        columns=size[0],
        rows=size[1],
    )


def request_parcel(context: OrderContext, session: AsyncSession, order: Order) -> None:
    """Asks for the order's parcel; again, when the carrier refused the one before."""
    order.parcel_requested_at = datetime.now(UTC)
    order.parcel_attempt = (order.parcel_attempt or 0) + 1
    context.note(session, order.id, "parcel asked for", thread="parcel", waits_for=CreateParcel.queue)
    context.publish(
        session,
        CreateParcel(
            order_id=order.id,
            attempt=order.parcel_attempt,
            order_number=order.number,
            total=f"{order.total:f}",
            currency=order.currency,
            items=sum(item.quantity for item in order.items if item.print_status == "done"),
            to=ShippingAddress.model_validate(order.shipping_address),
        ),
    )
