"""The table of print-service."""

from __future__ import annotations

import uuid

from common.database import Base, Timestamps
from sqlalchemy.orm import Mapped, mapped_column

__all__ = ["PrintJob"]


class PrintJob(Timestamps, Base):
    """A line item to print. `version` counts the changes that were sent to order-service.

    `simplyprint_id` is the queue item of the current attempt.
    """

    __tablename__ = "print_jobs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(index=True)
    title: Mapped[str]
    sku: Mapped[str]
    quantity: Mapped[int]
    file_id: Mapped[uuid.UUID | None]
    status: Mapped[str]
    attempt: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    simplyprint_id: Mapped[str | None] = mapped_column(unique=True)
    printer_id: Mapped[str | None]
    error: Mapped[str | None]
