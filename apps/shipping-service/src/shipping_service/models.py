"""The table of shipping-service."""

from __future__ import annotations

import uuid

from common.database import Base, Timestamps
from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

__all__ = ["Parcel"]


class Parcel(Timestamps, Base):
    """An order's parcel. `version` counts the changes that were sent to order-service.

    `status_at` is when Sendcloud says the status changed, in milliseconds since 1970.
    """

    __tablename__ = "parcels"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    order_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    sendcloud_id: Mapped[str | None] = mapped_column(unique=True)
    attempt: Mapped[int] = mapped_column(server_default="1")
    status: Mapped[str]
    status_code: Mapped[int | None]
    status_at: Mapped[int] = mapped_column(BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=0)
    tracking_number: Mapped[str] = mapped_column(default="")
    tracking_url: Mapped[str] = mapped_column(default="")
    carrier: Mapped[str] = mapped_column(default="")
    error: Mapped[str | None]
