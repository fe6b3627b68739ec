"""Time passes: what is due happens, and what is asked for happens at that time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim import clock as clocks
from provider_sim import printing, shipping
from provider_sim.delivery import Courier
from provider_sim.due import Step
from provider_sim.models import Clock
from provider_sim.store import Store, Unavailable

__all__ = ["Simulation"]

_LONGEST_SLEEP = 5.0
_STEPS: tuple[Step, ...] = (printing.step, shipping.step)
_MOST_STEPS = 20

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Simulation:
    """Its state is in `store`: a restart goes on where it stopped, and several may run at once. `speed` is SIM_SPEED."""

    def __init__(self, store: Store, courier: Courier, speed: float) -> None:
        self.store = store
        self._courier = courier
        self._speed = speed
        self._changed = asyncio.Event()
        self._is_set_up = False

    async def change(self, work: Callable[[AsyncSession, Clock], Awaitable[T]]) -> T:
        """What `work` returns: a change with what follows from it and the webhook that tells of it, in one transaction.

        Raises Unavailable, and what `work` raises.
        """
        result = await self._at_the_time(work)
        self._wake()
        return result

    async def clock(self) -> Clock:
        """The clock. Raises Unavailable."""
        return await self.store.do(lambda session: clocks.read(session, self._speed))

    async def set_clock(self, speed: float | None, paused: bool | None) -> Clock:
        """Changes the speed, or stops time or lets it go on. Raises Unavailable."""
        clock = await self.store.do(lambda session: clocks.change(session, self._speed, speed, paused))
        self._wake()
        return clock

    async def set_up(self) -> None:
        """Creates what is missing, and takes over a SIM_SPEED that is new. Raises Unavailable."""
        await self.store.set_up()
        await self.store.do(lambda session: clocks.set_up(session, self._speed))
        self._is_set_up = True

    async def run(self) -> None:
        """Takes the steps that are due, forever. Waits while the database is unavailable."""
        while True:
            # Cleared before looking: what changes meanwhile is seen in the next round.
            self._changed.clear()
            try:
                if not self._is_set_up:
                    await self.set_up()
                pause = min(_LONGEST_SLEEP, await self._take())
            except Unavailable as problem:
                logger.warning("the simulation waits for its database", extra={"reason": str(problem)})
                pause = 1.0
            except Exception:
                logger.exception("the simulation waits")
                pause = 1.0
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    async def _take(self) -> float:
        """Takes all steps that are due; returns the seconds until the next one."""
        while not (pause := await self._at_the_time(_some)):
            self._courier.wake()
        return pause

    async def _at_the_time(self, work: Callable[[AsyncSession, Clock], Awaitable[T]]) -> T:
        async def timed(session: AsyncSession) -> T:
            return await work(session, await clocks.read(session, self._speed))

        return await self.store.do(timed)

    def _wake(self) -> None:
        self._changed.set()
        self._courier.wake()


async def _some(session: AsyncSession, clock: Clock) -> float:
    """Takes steps that are due, so many at most in one transaction; 0 when it took any, else the seconds until the next one."""
    taken, pauses = 0, []
    for step in _STEPS:
        pause = 0.0
        while taken < _MOST_STEPS and not (pause := await step(session, clock)):
            taken += 1
        pauses.append(pause)
    return 0.0 if taken else min(pauses)
