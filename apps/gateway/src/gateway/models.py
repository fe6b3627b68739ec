"""The table of the gateway."""

from __future__ import annotations

import uuid

from common.database import Base, Timestamps
from sqlalchemy.orm import Mapped, mapped_column

__all__ = ["User"]


class User(Timestamps, Base):
    """Who may sign in. The password is stored as an Argon2id hash."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
