"""Acts on saves: restarts what they concern, says why, and reads table and secrets again when these were saved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from devserve.contents import Contents

from devkit.engines.local.pace import Pace
from devkit.engines.local.runner import UnitRunner
from devkit.engines.local.runners import Runners
from devkit.engines.local.watch import watch_units, watched

__all__ = ["Saves"]

# Seconds for which two watches of files run beside each other.
_OVERLAP = 2.0


class Saves:
    """`settings` are the files that say what runs; `reconfigure` reads them again and returns whether other units run now;
    `say` shows a line."""

    def __init__(
        self,
        root: Path,
        runners: Runners,
        settings: Sequence[Path],
        reconfigure: Callable[[], Awaitable[bool]],
        say: Callable[[str], None],
    ) -> None:
        self._root, self._runners, self._settings = root, runners, settings
        self._reconfigure, self._say = reconfigure, say
        self._saves: asyncio.Queue[list[UnitRunner] | None] = asyncio.Queue()
        self._paces: dict[str, Pace] = {}
        self._due: dict[str, asyncio.TimerHandle] = {}
        # Before anything starts: what is saved from now on is newer than what runs.
        self._contents = Contents(settings)
        self.learn()

    def learn(self) -> None:
        """New units' files, as they are before these start."""
        self._contents.learn(path for runner in self._runners for path in watched(runner))

    def watch_others(self) -> None:
        """Other units run now."""
        self._saves.put_nowait([])

    async def act(self) -> None:
        """Until it is cancelled. Other units are other files: their watch begins before the old one ends, so that no save is
        lost between the two."""
        watch = asyncio.create_task(self._follow())
        try:
            while True:
                concerned = await self._saves.get()
                if concerned == [] or (concerned is None and await self._reconfigure()):
                    self.learn()
                    asyncio.get_running_loop().call_later(_OVERLAP, watch.cancel)
                    watch = asyncio.create_task(self._follow())
                for runner in concerned or ():
                    self._restart(runner)
        finally:
            watch.cancel()
            for handle in self._due.values():
                handle.cancel()

    def _restart(self, runner: UnitRunner) -> None:
        if runner.name in self._due:
            return
        loop = asyncio.get_running_loop()
        pause = self._paces.setdefault(runner.name, Pace()).pause(loop.time())
        if not pause:
            runner.restart()
            return
        self._say(
            f"{runner.name} is restarted again and again: does it write beside its source? Next in {pause:g} s"
        )

        def restart() -> None:
            del self._due[runner.name]
            runner.restart()

        self._due[runner.name] = loop.call_later(pause, restart)

    async def _follow(self) -> None:
        async for concerned in watch_units(self._runners, self._settings, self._contents, self._told):
            self._saves.put_nowait(concerned)

    def _told(self, paths: Sequence[str], runners: Sequence[UnitRunner]) -> None:
        names = [
            runner.name
            for runner in runners
            if runner.name not in self._due and not self._runners.is_held(runner.name)
        ]
        if names:
            first = Path(paths[0])
            shown = first.relative_to(self._root) if first.is_relative_to(self._root) else first
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            self._say(f"{shown}{more} changed: restarting {', '.join(names)}")
