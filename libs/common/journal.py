"""The journal: what happened to an order, in which service and why, written in the transaction that did it.

`./devkit why` and the order's page read it. Its newest line of each thread says what the thread waits for, if anything.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from sqlalchemy import BigInteger, Identity, Index, Text, delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common.causes import cause
from common.database import Base, Database
from common.outgoing import add_line
from common.trace import trace_id

__all__ = ["About", "JournalEntry", "thin", "write"]


class JournalEntry(Base):
    """A line of the journal.

    `thread` is what of the order it is about: empty for all of it, a print job's id, or `parcel`. `cause` is the webhook,
    message or call that led to it, `trace` the trace id. `waits_for` names who has to act next: a service, a provider, `shop`
    or `person`; `hint` is what can be done meanwhile.
    """

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_order_id_id", "order_id", "id"), Index("ix_journal_at", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    service: Mapped[str]
    order_id: Mapped[uuid.UUID]
    thread: Mapped[str] = mapped_column(Text, server_default="")
    what: Mapped[str]
    detail: Mapped[str] = mapped_column(Text, server_default="")
    cause: Mapped[str] = mapped_column(Text, server_default="")
    trace: Mapped[str] = mapped_column(Text, server_default="")
    waits_for: Mapped[str | None]
    hint: Mapped[str] = mapped_column(Text, server_default="")


class About(TypedDict, total=False):
    """More of a line: see `JournalEntry`. `thread` is written as its text."""

    thread: object
    detail: str | None
    waits_for: str | None
    hint: str


def write(
    session: AsyncSession, service: str, order_id: uuid.UUID, what: str, **about: Unpack[About]
) -> None:
    """Adds a line in the running transaction. It holds no personal data: nobody would forget it on request."""
    add_line(
        session,
        {
            "service": service,
            "order_id": str(order_id),
            "thread": str(about.get("thread", "")),
            "what": what,
            "detail": about.get("detail") or "",
            "cause": cause(),
            "trace": trace_id(),
            "waits_for": about.get("waits_for"),
            "hint": about.get("hint", ""),
        },
    )


async def thin(database: Database, days: int) -> int:
    """Deletes lines that are older than `days`; returns how many."""
    old = delete(JournalEntry).where(JournalEntry.at < func.now() - timedelta(days=days))
    async with database.transaction() as session:
        return len((await session.execute(old.returning(JournalEntry.id))).all())
