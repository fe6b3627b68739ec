"""Where a service is in its life, and what happens when it is told to end.

The application names it (`app.state.lifecycle`); whatever serves the application (tools/devserve/server.py) tells it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

__all__ = ["Lifecycle", "Phase"]

Phase = Literal["starting", "running", "draining"]

logger = logging.getLogger(__name__)


class Lifecycle:
    """`phase` is `starting` until the lifespan has done its start, and `draining` from the signal to end on."""

    def __init__(self) -> None:
        self.phase: Phase = "running"  # of an application that is called without its lifespan
        self._stops: list[Callable[[], asyncio.Task[None]]] = []
        self._leaves: list[Callable[[], Awaitable[None]]] = []

    def start(self) -> None:
        """The lifespan begins its start."""
        self.phase = "starting"
        self._stops.clear()
        self._leaves.clear()

    def started(self) -> None:
        """The lifespan has done its start."""
        if self.phase == "starting":
            self.phase = "running"

    def drain(self) -> None:
        """The service was told to end: it is not ready, and what takes up work by itself stops."""
        if self.phase == "draining":
            return
        self.phase = "draining"
        logger.info("told to end: not ready any more")
        for stop in self._stops:
            stop()

    async def leave(self) -> None:
        """The listener is closed: long-lived connections are told to go."""
        await asyncio.gather(*(leave() for leave in self._leaves), return_exceptions=True)

    def stops_early(self, stop: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """`stop` is begun when the service is told to end, while requests are still answered. What is returned is for the
        lifespan's end: it waits for that, or begins it then. It is called once."""
        begun: list[asyncio.Task[None]] = []

        async def stopped() -> None:
            await stop()

        def begin() -> asyncio.Task[None]:
            if not begun:
                begun.append(asyncio.create_task(stopped(), name="stopping"))
            return begun[0]

        self._stops.append(begin)

        async def finish() -> None:
            await begin()

        return finish

    def on_leave(self, leave: Callable[[], Awaitable[None]]) -> None:
        """`leave` is called when the listener is closed, before requests that are under way are waited for."""
        self._leaves.append(leave)
