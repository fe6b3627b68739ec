"""Reads and sets the clock, which is kept with everything else: it survives a restart, and all simulators have the same."""

from __future__ import annotations

import time

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim.models import Clock

__all__ = ["change", "read", "set_up"]

_ROW = 1


async def read(session: AsyncSession, configured: float, *, to_change: bool = False) -> Clock:
    """The clock; where there is none, one that starts now at the `configured` speed. Locked if it is read `to_change` it."""
    clock = await session.get(Clock, _ROW, with_for_update=to_change or None)
    if clock is not None:
        return clock
    row = {"speed": configured, "paused": False, "since": time.time(), "then": 0.0, "configured": configured}
    await session.execute(insert(Clock).values(id=_ROW, **row).on_conflict_do_nothing())
    return await session.get_one(Clock, _ROW, with_for_update=to_change or None)


async def set_up(session: AsyncSession, configured: float) -> None:
    """A SIM_SPEED that is new wins over a speed that was set by hand."""
    clock = await read(session, configured, to_change=True)
    if clock.configured != configured:
        clock.change(configured, False)
        clock.configured = configured


async def change(session: AsyncSession, configured: float, speed: float | None, paused: bool | None) -> Clock:
    """The clock with another speed, stopped, or going on; what is None stays."""
    clock = await read(session, configured, to_change=True)
    clock.change(clock.speed if speed is None else speed, clock.paused if paused is None else paused)
    return clock
