"""A question that many ask at once and often, put once and rarely: to a database whether it answers, for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["DEADLINE_SECONDS", "Asked", "Question"]

DEADLINE_SECONDS = 2.0
"""How long an answer may take."""

# A question that was given up and does not end may hold a connection: so long, no other is put.
_STUCK_SECONDS = 15.0

T = TypeVar("T")


class Asked(Generic[T]):
    """What came of it: `value`, or `problem`. `began` is in monotonic seconds; it took `ms`."""

    def __init__(self, began: float, value: T | None = None, problem: Exception | None = None) -> None:
        self.began, self.value, self.problem = began, value, problem
        self.at = time.monotonic()
        self.ms = round((self.at - began) * 1000, 1)


class Question(Generic[T]):
    """`ask` is called by one caller at a time; those that come meanwhile get the same answer, within `deadline` seconds
    whatever `ask` does: TimeoutError is an answer too."""

    def __init__(self, ask: Callable[[], Awaitable[T]], deadline: float = DEADLINE_SECONDS) -> None:
        self._ask, self._deadline = ask, deadline
        self._asking: asyncio.Task[Asked[T]] | None = None
        self._stuck: asyncio.Task[T] | None = None
        self._stuck_until = 0.0
        self.last: Asked[T] | None = None

    async def answer(self, fresh: float = 0.0) -> Asked[T]:
        """The last answer when it is not older than `fresh` seconds, else a new one."""
        if self.last is not None and time.monotonic() - self.last.at < fresh:
            return self.last
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._put())
        return await asyncio.shield(self._asking)  # the caller may go away, others wait

    async def _put(self) -> Asked[T]:
        self.last = await self._put_once()
        return self.last

    async def _put_once(self) -> Asked[T]:
        began = time.monotonic()
        if self._stuck is not None and not self._stuck.done() and began < self._stuck_until:
            return Asked(began, problem=TimeoutError())
        asking = asyncio.ensure_future(self._begin())
        # Not asyncio.timeout, which waits until a cancelled question has ended: a hung Postgres takes 10 s for that.
        await asyncio.wait({asking}, timeout=self._deadline)
        if not asking.done():
            asking.cancel()
            asking.add_done_callback(_heard)
            self._stuck, self._stuck_until = asking, time.monotonic() + _STUCK_SECONDS
            return Asked(began, problem=TimeoutError())
        try:
            return Asked(began, value=asking.result())
        except Exception as problem:
            return Asked(began, problem=problem)

    async def _begin(self) -> T:
        return await self._ask()

    async def close(self) -> None:
        """Asks no more."""
        for task in (self._asking, self._stuck):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({task}, timeout=0)


def _heard(task: asyncio.Task[T]) -> None:
    """Its end is of no interest any more."""
    if not task.cancelled():
        task.exception()
