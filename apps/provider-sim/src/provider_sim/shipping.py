"""Parcels at Sendcloud: announced, moved on schedule or by hand, cancelled, each change told by webhook."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim.delivery import webhook
from provider_sim.description import UNLABELLED, describe
from provider_sim.due import first_due
from provider_sim.models import Clock, Parcel

__all__ = ["Cancellation", "announce", "cancel", "move", "parcels", "step"]

_STEP = 120.0  # simulated seconds
_NO_LABEL, _READY, _ANNOUNCED, _EN_ROUTE, _DELIVERED = 999, 1000, 1, 3, 11
_REQUESTED, _CANCELLED = 1999, 2000
_NEXT = {_READY: _ANNOUNCED, _ANNOUNCED: _EN_ROUTE, _EN_ROUTE: _DELIVERED, _REQUESTED: _CANCELLED}
# How far a parcel is decides what becomes of a request to cancel it.
_NEVER_ANNOUNCED = frozenset({_NO_LABEL, 1002})
_NOT_YET_ANNOUNCED = frozenset({_READY, 1001})
_NOT_COLLECTED = frozenset({_ANNOUNCED, 13})
_BEING_CANCELLED = frozenset({1998, _REQUESTED, _CANCELLED, 2001})


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What becomes of a request to cancel: the HTTP status of the answer, and its two fields."""

    code: int
    status: str
    message: str


async def announce(
    session: AsyncSession, clock: Clock, given: Mapping[str, str], request_label: bool
) -> Parcel:
    """A new parcel, or the one that has its external reference already. Without a label it stays where it is."""
    row = insert(Parcel).values(
        given=given,
        external_reference=given.get("external_reference") or None,
        status=_READY if request_label else _NO_LABEL,
        shipment_uuid=str(uuid4()),
        colli_uuid=str(uuid4()),
        due=clock.now if request_label else None,
    )
    made = row.on_conflict_do_nothing(index_elements=["external_reference"]).returning(Parcel)
    parcel = await session.scalar(made)
    if parcel is not None:
        return parcel
    same = Parcel.external_reference == given["external_reference"]
    return (await session.scalars(select(Parcel).where(same))).one()


async def parcels(session: AsyncSession) -> Sequence[Parcel]:
    """All parcels, oldest first."""
    return (await session.scalars(select(Parcel).order_by(Parcel.id))).all()


async def move(session: AsyncSession, clock: Clock, parcel_id: int, status: int) -> Parcel:
    """Gives a parcel a status and tells it by webhook. Raises LookupError for an unknown one."""
    parcel = await session.get(Parcel, parcel_id, with_for_update=True)
    if parcel is None:
        raise LookupError(f"no parcel {parcel_id}")
    _move(session, clock, parcel, status)
    return parcel


async def cancel(session: AsyncSession, clock: Clock, parcel_id: int) -> Cancellation:
    """Cancels a parcel that is not on its way yet. Raises LookupError for an unknown one."""
    parcel = await session.get(Parcel, parcel_id, with_for_update=True)
    if parcel is None:
        raise LookupError(f"no parcel {parcel_id}")
    if parcel.status in _NEVER_ANNOUNCED:
        await session.delete(parcel)
        return Cancellation(410, "deleted", "Parcel has been deleted")
    if parcel.status in _NOT_YET_ANNOUNCED:
        _move(session, clock, parcel, _REQUESTED)
        return Cancellation(202, "queued", "Parcel cancellation has been queued")
    if parcel.status in _NOT_COLLECTED:
        _move(session, clock, parcel, _CANCELLED)
        return Cancellation(200, "cancelled", "Parcel has been cancelled")
    if parcel.status in _BEING_CANCELLED:
        return Cancellation(400, "failed", "This shipment is already being cancelled.")
    reason = "Shipped parcels, or parcels being shipped, can no longer be cancelled."
    return Cancellation(400, "failed", reason)


async def step(session: AsyncSession, clock: Clock) -> float:
    """Takes the first step that is due; returns the real seconds until the next one."""
    parcel, delay = await first_due(session, clock, Parcel)
    if parcel is not None:
        _move(session, clock, parcel, _NEXT[parcel.status])
    return delay


def _move(session: AsyncSession, clock: Clock, parcel: Parcel, status: int) -> None:
    parcel.status = status
    parcel.updated_at = datetime.now(UTC)
    if parcel.announced_at is None and status not in UNLABELLED:
        parcel.announced_at = parcel.updated_at
    parcel.due = clock.now + _STEP if status in _NEXT else None
    now = int(time.time() * 1000)
    body = {
        "action": "parcel_status_changed",
        "timestamp": now,
        # Only what a carrier has said has a time of its own.
        "carrier_status_change_timestamp": now if status not in {_ANNOUNCED, *UNLABELLED} else None,
        "parcel": describe(parcel),
    }
    webhook(session, "sendcloud", body)
