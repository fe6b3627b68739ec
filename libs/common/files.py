"""Files that services share, in Postgres: the service that makes one stores it, others read it by its id."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base

__all__ = ["StoredFile"]


class StoredFile(Base):
    """A file's name, media type and bytes."""

    __tablename__ = "files"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
