"""What the supervisor tells those who follow it: changes until all has settled, or every change and line from now on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, Protocol

from devkit.base.clone import CLONE_VARIABLE
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.client import BEAT

__all__ = ["Followed", "follow", "overview", "unsettled", "watch"]

# Events that wait for a slow reader; what comes beyond is counted, not kept: the platform waits for nobody.
_MOST_WAITING = 5_000
_AT_ONCE = 500


class Followed(Protocol):
    """What can be followed: the supervisor, as this module needs it."""

    offset: int

    def listen(self, listener: Listener) -> None: ...
    def unlisten(self, listener: Listener) -> None: ...
    def statuses(self) -> list[Status]: ...
    def recent(self) -> Sequence[Event]: ...
    async def settled(self) -> None: ...


async def follow(supervisor: Followed) -> AsyncGenerator[dict[str, Any], None]:
    """Every change of status until all units are settled, then the overview."""
    queue: asyncio.Queue[Event] = asyncio.Queue()
    supervisor.listen(queue.put_nowait)
    settled = asyncio.create_task(supervisor.settled())
    try:
        for status in supervisor.statuses():
            yield {"status": status.as_json()}
        while not settled.done():
            getting = asyncio.create_task(queue.get())
            await asyncio.wait({getting, settled}, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                yield {"beat": unsettled(supervisor)}
            elif news := getting.result().status:
                yield {"status": news.as_json()}
            getting.cancel()
        yield overview(supervisor)
    finally:
        supervisor.unlisten(queue.put_nowait)
        settled.cancel()


async def watch(supervisor: Followed) -> AsyncGenerator[dict[str, Any], None]:
    """The overview with the latest `lines` (unit, text), then all changes and lines: `units` that changed, or `all` of them,
    in their order, and `lost`, the number of events that were too many for this reader."""
    queue: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)
    lost = 0

    def hear(event: Event) -> None:
        nonlocal lost
        try:
            queue.put_nowait(event)
        except asyncio.QueueFull:
            lost += 1

    supervisor.listen(hear)
    try:
        known = [status.name for status in supervisor.statuses()]
        yield overview(supervisor) | {"all": True, "lines": _lines(supervisor.recent())}
        while True:
            try:
                events = [await asyncio.wait_for(queue.get(), BEAT)]
            except TimeoutError:
                yield {"beat": ""}
                continue
            while not queue.empty() and len(events) < _AT_ONCE:
                events.append(queue.get_nowait())
            news: dict[str, Any] = {"lines": _lines(events), "lost": lost}
            statuses = supervisor.statuses()
            names = [status.name for status in statuses]
            news["all"] = bool(lost) or names != known
            changed = {event.unit for event in events if event.status is not None}
            known, lost = names, 0
            yield news | {
                "units": [status.as_json() for status in statuses if news["all"] or status.name in changed]
            }
    finally:
        supervisor.unlisten(hear)


def _lines(events: Iterable[Event]) -> list[tuple[str, str]]:
    return [(event.unit, event.line) for event in events if event.line is not None]


def unsettled(supervisor: Followed) -> str:
    """What is not settled yet, and what each of these does."""
    settled = (State.READY, State.DONE, State.OFF, State.CRASHED, State.STOPPED)
    return ", ".join(_doing(status) for status in supervisor.statuses() if status.state not in settled)


def _doing(status: Status) -> str:
    return f"{status.name} ({status.detail or status.state.value})"


def overview(supervisor: Followed) -> dict[str, Any]:
    """Whose platform this is, and the state of every unit as it was seen last."""
    return {
        "pid": os.getpid(),
        "clone": os.environ.get(CLONE_VARIABLE, ""),
        "offset": supervisor.offset,
        "units": [status.as_json() for status in supervisor.statuses()],
    }
