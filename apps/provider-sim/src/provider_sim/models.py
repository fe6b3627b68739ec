"""What the simulator remembers, in a schema of its own, which the migrations know nothing of."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Literal

from sqlalchemy import DateTime, Double, Index, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import BigInteger

__all__ = ["IDS", "SCHEMA", "Base", "Clock", "Delivery", "Job", "JobStatus", "Parcel"]

SCHEMA = "sim"
IDS = f"{SCHEMA}.ids"
"""The sequence of all ids: a number is given to one job or parcel, and never again."""

JobStatus = Literal["queued", "printing", "done", "failed", "cancelled"]

_NEXT_ID = text(f"nextval('{IDS}')")


class Base(DeclarativeBase):
    """Base class of the simulator's tables. Not that of the services: what is compared with migrations lacks these."""

    metadata = MetaData(schema=SCHEMA)
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        int: BigInteger,
        float: Double,
        datetime: DateTime(timezone=True),
        dict[str, str]: JSONB,
    }


def _due(table: str) -> Index:
    return Index(f"ix_{table}_due", "due", postgresql_where=text("due IS NOT NULL"))


class Job(Base):
    """A queue item at SimplyPrint, and the print it becomes. `due`: the simulated second of its next step, if there is
    one; `started` and `ended`: real seconds since 1970."""

    __tablename__ = "jobs"
    __table_args__ = (_due("jobs"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default=_NEXT_ID)
    uid: Mapped[str]
    filename: Mapped[str]
    amount: Mapped[int]
    status: Mapped[str]
    started: Mapped[int | None]
    ended: Mapped[int | None]
    reason: Mapped[str | None]
    due: Mapped[float | None]


class Parcel(Base):
    """A parcel at Sendcloud. `given` is what was asked for, `status` Sendcloud's id of it, `due` the simulated second of
    its next step, if there is one."""

    __tablename__ = "parcels"
    __table_args__ = (_due("parcels"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default=_NEXT_ID)
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    given: Mapped[dict[str, str]]
    status: Mapped[int]
    shipment_uuid: Mapped[str]
    colli_uuid: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    announced_at: Mapped[datetime | None]
    due: Mapped[float | None]

    @property
    def tracking_number(self) -> str:
        """The carrier's number; a parcel that was not announced has none."""
        return f"3SSIM{self.id:09d}" if self.announced_at else ""

    @property
    def tracking_url(self) -> str:
        """Where the number leads to."""
        return f"https://tracking.example.com/{self.tracking_number}" if self.announced_at else ""

    @property
    def carrier(self) -> str | None:
        """Who carries it; of a parcel that was not announced nobody knows."""
        return "postnl" if self.announced_at else None


class Delivery(Base):
    """A webhook on its way: whose it is, its exact body, what its headers say, and the real second of the next try."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_at", "at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    body: Mapped[str]
    headers: Mapped[dict[str, str]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[float] = mapped_column(default=0.0)


class Clock(Base):
    """Simulated time: real time multiplied by a speed, pausable. At real second `since` it was `then` simulated seconds;
    `speed` of them pass in each real one. `configured` is the SIM_SPEED it was set up with. There is one row."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    speed: Mapped[float]
    paused: Mapped[bool]
    since: Mapped[float]
    then: Mapped[float]
    configured: Mapped[float]

    @property
    def running(self) -> bool:
        """False while nothing moves by itself."""
        return self.speed > 0 and not self.paused

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self.then + (time.time() - self.since) * self.speed if self.running else self.then

    def change(self, speed: float, paused: bool) -> None:
        """Goes on from the same moment at another speed."""
        self.then, self.since = self.now, time.time()
        self.speed, self.paused = speed, paused

    def real_delay(self, moment: float) -> float:
        """Real seconds until it is `moment`, infinitely many while time stands still."""
        return max(0.0, (moment - self.now) / self.speed) if self.running else float("inf")
