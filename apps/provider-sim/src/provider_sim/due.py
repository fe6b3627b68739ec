"""What comes next by itself: each print and parcel has at most one step ahead of it, at a simulated second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim.models import Clock, Job, Parcel

__all__ = ["NEVER", "Step", "first_due"]

NEVER = float("inf")

Step = Callable[[AsyncSession, Clock], Awaitable[float]]
"""Takes the first step that is due, and returns the real seconds until the next one: 0 when it took one."""

R = TypeVar("R", Job, Parcel)


async def first_due(session: AsyncSession, clock: Clock, kind: type[R]) -> tuple[R | None, float]:
    """The row whose step is due, locked, and 0; or None, and the real seconds until one is.

    What another simulator is about to move is passed over, so that no step is taken twice.
    """
    if not clock.running:
        return None, NEVER
    first = select(kind).where(kind.due.is_not(None)).order_by(kind.due, kind.id).limit(1)
    row = await session.scalar(first.with_for_update(skip_locked=True))
    if row is None or row.due is None:
        return None, NEVER
    delay = clock.real_delay(row.due)
    return (row, 0.0) if delay <= 0 else (None, delay)
