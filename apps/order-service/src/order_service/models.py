"""Tables of order-service: orders, their items with what is known of each print job, their parcel, and privacy requests."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from common.database import Base, Timestamps
from sqlalchemy import ForeignKey, Index, Numeric, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

__all__ = ["Order", "OrderItem", "OrderParcel", "PrivacyRequest"]


class Order(Timestamps, Base):
    """A Shopify order, as its newest webhook told it.

    `status` and `lane` are derived, and stored to filter by. `told_address` is Shopify's; `shipping_address` may be a
    person's correction of it. `payment` is Shopify's `financial_status`. `told_at` and `triggered_at`
    say how new that webhook was.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_created_at", "created_at"),
        Index("ix_orders_lane", "lane", text("created_at DESC"), "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    shopify_order_id: Mapped[str] = mapped_column(unique=True)
    shop: Mapped[str] = mapped_column(server_default="")
    customer_id: Mapped[str | None] = mapped_column(index=True)
    number: Mapped[str]
    customer: Mapped[str]
    email: Mapped[str]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Numeric())
    shipping_address: Mapped[dict[str, str]] = mapped_column(JSONB)
    told_address: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(index=True)
    lane: Mapped[str] = mapped_column(server_default="received")
    payment: Mapped[str] = mapped_column(server_default="")
    on_hold: Mapped[bool] = mapped_column(server_default="false")
    archived: Mapped[bool] = mapped_column(server_default="false")
    unreadable: Mapped[str | None]
    told_at: Mapped[datetime | None]
    triggered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    parcel_requested_at: Mapped[datetime | None]
    parcel_attempt: Mapped[int] = mapped_column(server_default="0")
    redacted_at: Mapped[datetime | None]

    items: Mapped[list[OrderItem]] = relationship(
        order_by="OrderItem.position, OrderItem.id", lazy="selectin", cascade="all, delete-orphan"
    )
    parcel: Mapped[OrderParcel | None] = relationship(lazy="selectin", cascade="all, delete-orphan")


class OrderItem(Base):
    """What is printed of a line of an order, and the last that print-service told of its print job.

    A line whose quantity grows after its job has begun has a second item. `line` names the line, `fulfilled_elsewhere` how
    many pieces of it others fulfilled; `reason` is why a `print_status` of `none` is nothing to print. `print_attempt` is
    0 until the first job.
    """

    __tablename__ = "order_items"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    line: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str]
    sku: Mapped[str]
    quantity: Mapped[int]
    fulfilled_elsewhere: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    print_job_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    print_status: Mapped[str]
    print_attempt: Mapped[int] = mapped_column(default=0)
    print_version: Mapped[int] = mapped_column(default=0)
    print_error: Mapped[str | None]
    simplyprint_id: Mapped[str | None]
    file_id: Mapped[uuid.UUID | None]


class OrderParcel(Base):
    """The latest state of an order's parcel."""

    __tablename__ = "order_parcels"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    parcel_id: Mapped[uuid.UUID]
    sendcloud_id: Mapped[str | None]
    version: Mapped[int]
    status: Mapped[str]
    tracking_number: Mapped[str]
    tracking_url: Mapped[str]
    carrier: Mapped[str]
    error: Mapped[str | None]


class PrivacyRequest(Base):
    """What a shop asked for a customer or for itself, and what was done. It holds ids, and no personal data."""

    __tablename__ = "privacy_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    topic: Mapped[str]
    shop: Mapped[str]
    customer_id: Mapped[str | None]
    order_ids: Mapped[list[str]] = mapped_column(JSONB)
    orders: Mapped[int]
    bodies: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
