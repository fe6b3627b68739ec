"""Simulated time: real time multiplied by a speed, pausable. It is kept in Redis, so it survives a restart."""

from __future__ import annotations

import time
from typing import Self

from common.redis_client import Redis
from pydantic import BaseModel

__all__ = ["Clock", "Clocks"]

_KEY = "sim:clock"


class Clock(BaseModel):
    """At real second `since` it was `then` simulated seconds; `speed` of them pass in each real one.

    `configured` is the SIM_SPEED it was set up with.
    """

    speed: float
    paused: bool = False
    since: float
    then: float
    configured: float

    @property
    def running(self) -> bool:
        """False while nothing moves by itself."""
        return self.speed > 0 and not self.paused

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self.then + (time.time() - self.since) * self.speed if self.running else self.then

    def real_delay(self, moment: float) -> float | None:
        """Real seconds until it is `moment`; None while time stands still."""
        return max(0.0, (moment - self.now) / self.speed) if self.running else None

    def changed(self, speed: float, paused: bool) -> Self:
        """The same moment at another speed."""
        now = {"since": time.time(), "then": self.now}
        return self.model_copy(update={"speed": speed, "paused": paused, **now})


class Clocks:
    """Reads and stores the clock."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def set_up(self, speed: float) -> Clock:
        """The stored clock; a SIM_SPEED that is new since then wins over a speed that was set by hand."""
        stored = await self._redis.get(_KEY)
        if stored is None:
            return await self.store(Clock(speed=speed, since=time.time(), then=0.0, configured=speed))
        clock = Clock.model_validate_json(stored)
        if clock.configured == speed:
            return clock
        return await self.store(clock.changed(speed, False).model_copy(update={"configured": speed}))

    async def store(self, clock: Clock) -> Clock:
        """Keeps `clock`."""
        await self._redis.set(_KEY, clock.model_dump_json())
        return clock
