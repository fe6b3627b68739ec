"""The table of gridflock-service."""

from __future__ import annotations

import uuid
from datetime import datetime

from common.database import Base
from sqlalchemy import ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

__all__ = ["Baseplate"]


class Baseplate(Base):
    """A baseplate that was made for an order; the next order for the same one reuses its file."""

    __tablename__ = "baseplates"
    __table_args__ = (UniqueConstraint("columns", "rows", "height_mm"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    columns: Mapped[int]
    rows: Mapped[int]
    height_mm: Mapped[float] = mapped_column(Numeric(6, 2, asdecimal=False))
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("files.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
