"""Counts effects, and kills a service at one of them."""

from __future__ import annotations

import asyncio
from collections import Counter

from devkit.crash.effects import Effect, Point, Struck
from devkit.crash.links import Links
from devkit.instance import PrivateInstance

__all__ = ["Striker"]

# Seconds for a service that was killed to be ready again.
_READY = 60.0


class Striker:
    """The tap of all links. Lives in the instance's loop; what other threads ask for is a plain value.

    `seen` are the effects since `arm`, in the order in which they were done. `struck` is set once the service was killed.
    """

    def __init__(self, instance: PrivateInstance) -> None:
        self._instance = instance
        self.links: Links | None = None
        self._services = {unit.name for unit in instance.services()}
        self._counts: Counter[Effect] = Counter()
        self._point: Point | None = None
        self._back: asyncio.Task[None] | None = None
        self.seen: list[Effect] = []
        self.struck = False
        self._learning = False
        self._tried: set[Effect] = set()

    def learn(self) -> None:
        """From here on it is seen what services do by themselves, when nobody asks for anything."""
        self._learning = True
        self.arm(None)

    def learned(self) -> tuple[frozenset[Effect], frozenset[Effect]]:
        """The effects that they had by themselves, and those that they tried without there being anything to do."""
        self._learning = False
        return frozenset(self.seen), frozenset(self._tried)

    def arm(self, point: Point | None) -> None:
        """Counts anew."""
        self._counts.clear()
        self.seen, self.struck, self._point = [], False, point

    def disarm(self) -> None:
        """Kills nothing from here on."""
        self._point = None

    def is_uncertain(self, effect: Effect) -> bool:
        """As Tap."""
        if self._learning:
            self._tried.add(effect)
        return effect in self._tried

    async def before(self, effect: Effect) -> int:
        """As Tap."""
        self._counts[effect] += 1
        nth = self._counts[effect]
        await self._meet(Point(effect, nth, "before"))
        self.seen.append(effect)
        return nth

    async def after(self, effect: Effect, nth: int | None) -> None:
        """As Tap."""
        if nth is None:
            self._counts[effect] += 1
            nth = self._counts[effect]
            self.seen.append(effect)
        await self._meet(Point(effect, nth, "after"))

    async def _meet(self, point: Point) -> None:
        if point != self._point or self.struck:
            return
        self.struck = True
        await self._kill(point.effect.service)
        raise Struck(str(point))

    async def _kill(self, service: str) -> None:
        """SIGKILL. Callers are refused until the new process is ready."""
        assert self.links is not None
        runner = self._instance.runner(service)
        child = runner.child
        self.links.close(service)
        runner.kill()
        if child is not None:
            await asyncio.shield(child.ended)
        runner.ready.clear()
        runner.settled.clear()
        runner.restart()
        self._back = asyncio.create_task(self._reopen(service))

    async def _reopen(self, service: str) -> None:
        assert self.links is not None
        await self._instance.runner(service).ready.wait()
        await self.links.open(service)

    async def recovered(self) -> None:
        """Waits until the killed service takes calls again. Raises TimeoutError."""
        if self._back is not None:
            await asyncio.wait_for(self._back, _READY)
            self._back = None
