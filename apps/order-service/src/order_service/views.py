"""An order as API clients see it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from order_service.models import Order, OrderParcel
from order_service.status import Lane
from order_service.waiting import waits

__all__ = ["Board", "Lanes", "OrderDetails", "OrderView", "Orders", "details", "view"]


class WaitsView(BaseModel):
    """What an order waits for: a code, a sentence, and whose decision it is (`shop`, `person`, `nobody`)."""

    code: str
    because: str
    whose: str


class PrintJobView(BaseModel):
    """A line item's print job."""

    id: UUID
    status: str
    simplyprint_id: str | None
    error: str | None


class ItemView(BaseModel):
    """A line item. `reason` is why it is nothing to print; its print job is `none` then."""

    id: UUID
    title: str
    sku: str
    quantity: int
    reason: str | None
    print_job: PrintJobView


class ParcelView(BaseModel):
    """The order's parcel."""

    id: UUID
    status: str
    tracking_number: str
    tracking_url: str
    carrier: str
    error: str | None


class OrderView(BaseModel):
    """An order as the API and the event `order.updated` show it. `total` is a decimal number as text."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    shopify_order_id: str
    number: str
    customer: str
    email: str
    currency: str
    total: str
    payment: str
    status: str
    lane: str
    waits: WaitsView | None
    created_at: datetime
    updated_at: datetime
    items: list[ItemView]
    parcel: ParcelView | None


class OrderDetails(OrderView):
    """An order on its own page: also where it goes, and what came for it."""

    address: dict[str, str]
    cancelled_at: datetime | None
    redacted_at: datetime | None


class Orders(BaseModel):
    """A page of orders, newest first. `next` asks for what follows; None at the end."""

    orders: list[OrderView]
    next: str | None


class Lanes(BaseModel):
    """How many orders there are in each lane."""

    person: int = 0
    received: int = 0
    printing: int = 0
    shipping: int = 0
    delivered: int = 0
    stopped: int = 0


class Board(BaseModel):
    """The first page of every lane."""

    lanes: Lanes
    pages: dict[Lane, Orders]


def view(order: Order) -> OrderView:
    """`order` with items and parcel loaded, as a view."""
    return OrderView(
        id=order.id,
        shopify_order_id=order.shopify_order_id,
        number=order.number,
        customer=order.customer,
        email=order.email,
        currency=order.currency,
        total=f"{order.total:f}",
        payment=order.payment,
        status=order.status,
        lane=order.lane,
        waits=WaitsView(**why._asdict()) if (why := waits(order)) else None,
        created_at=order.created_at.astimezone(UTC),
        updated_at=order.updated_at.astimezone(UTC),
        items=[
            ItemView(
                id=item.id,
                title=item.title,
                sku=item.sku,
                quantity=item.quantity,
                reason=item.reason,
                print_job=PrintJobView(
                    id=item.print_job_id,
                    status=item.print_status,
                    simplyprint_id=item.simplyprint_id,
                    error=item.print_error,
                ),
            )
            for item in sorted(order.items, key=lambda item: (item.position, item.id))
        ],
        parcel=_parcel_view(order.parcel) if order.parcel else None,
    )


def details(order: Order) -> OrderDetails:
    """`order` with items and parcel loaded, with all that its page shows."""
    more = {
        "address": order.shipping_address,
        "cancelled_at": order.cancelled_at,
        "redacted_at": order.redacted_at,
    }
    return OrderDetails.model_validate({**view(order).model_dump(), **more})


def _parcel_view(parcel: OrderParcel) -> ParcelView:
    return ParcelView(
        id=parcel.parcel_id,
        status=parcel.status,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        carrier=parcel.carrier,
        error=parcel.error,
    )
