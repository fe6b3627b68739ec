"""A supervisor's control socket that says that services run here: for receivers of the tests' own in their place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit.base.clone import bind_clone
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.control import serve_control
from devkit.engines.local.operations import Asked, Operations
from devkit.engines.local.runner import UnitRunner
from devkit.engines.local.runners import Runners
from devkit.engines.local.state import RunState, forget_state, save_state
from devkit.engines.local.units import Unit

__all__ = ["supervised"]


def _nothing_is_made(unit: Unit) -> UnitRunner:
    raise AssertionError(f"{unit.name} runs")


class _Pretended:
    offset = 0

    def __init__(self, root: Path, names: tuple[str, ...]) -> None:
        self.root = root
        self.ended = asyncio.Event()
        self.operations = Operations(
            Runners((), _nothing_is_made, print),
            lambda _: (),
            Asked(),
            offset=0,
            say=print,
            changed=lambda: None,
        )
        self._names = names

    def statuses(self) -> list[Status]:
        return [Status(name, "python", state=State.READY) for name in self._names]

    def recent(self) -> tuple[Event, ...]:
        return ()

    async def examined(self) -> list[Status]:
        return self.statuses()

    def listen(self, listener: Listener) -> None:
        del listener

    def unlisten(self, listener: Listener) -> None:
        del listener

    def want_commands(self) -> None:
        pass

    def ask_to_stop(self) -> None:
        self.ended.set()

    def debug(self, unit: str, *, wait: bool) -> str | None:
        del unit, wait
        return None

    async def settled(self) -> None:
        return


@contextmanager
def supervised(root: Path, *names: str) -> Iterator[None]:
    """While the block runs, commands in `root` are told that these services are ready."""
    clone = bind_clone(root)
    save_state(root, RunState(None, 0, clone=clone.mark))  # not this process, which `down` would end
    begun = threading.Event()
    kept: list[tuple[asyncio.AbstractEventLoop, _Pretended]] = []

    async def serve() -> None:
        pretended = _Pretended(root, names)
        kept.append((asyncio.get_running_loop(), pretended))
        async with serve_control(pretended):
            begun.set()
            await pretended.ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        loop, pretended = kept[0]
        loop.call_soon_threadsafe(pretended.ask_to_stop)
        thread.join(60)
        forget_state(root)
