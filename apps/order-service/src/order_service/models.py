"""Tables of order-service: orders, their items with what is known of each print job, and their parcel."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from common.database import Base, Timestamps
from sqlalchemy import ForeignKey, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

__all__ = ["Order", "OrderItem", "OrderParcel"]


class Order(Timestamps, Base):
    """A Shopify order. `status` is derived from items and parcel, and stored to filter by."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_created_at", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    shopify_order_id: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str]
    customer: Mapped[str]
    email: Mapped[str]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    shipping_address: Mapped[dict[str, str]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(index=True)
    cancelled_at: Mapped[datetime | None]
    parcel_requested_at: Mapped[datetime | None]

    items: Mapped[list[OrderItem]] = relationship(
        order_by="OrderItem.position", lazy="selectin", cascade="all, delete-orphan"
    )
    parcel: Mapped[OrderParcel | None] = relationship(lazy="selectin", cascade="all, delete-orphan")


class OrderItem(Base):
    """A line of an order and the last that print-service told of its print job."""

    __tablename__ = "order_items"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    sku: Mapped[str]
    quantity: Mapped[int]
    print_job_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    print_status: Mapped[str]
    print_attempt: Mapped[int] = mapped_column(default=1)
    print_version: Mapped[int] = mapped_column(default=0)
    print_error: Mapped[str | None]
    simplyprint_id: Mapped[str | None]
    file_id: Mapped[uuid.UUID | None]


class OrderParcel(Base):
    """The latest state of an order's parcel."""

    __tablename__ = "order_parcels"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    parcel_id: Mapped[uuid.UUID]
    version: Mapped[int]
    status: Mapped[str]
    tracking_number: Mapped[str]
    tracking_url: Mapped[str]
    carrier: Mapped[str]
    error: Mapped[str | None]
