"""Keeps the command server running, from which daily commands are answered without importing anything (`devkit.served`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from devserve.client import ForkClient, ForkRefused, ForkServerGone
from devserve.lines import read_lines
from handover import SOCKET

from devkit.base.paths import code_folders, state_dir
from devkit.engines.local.runner import inherited

__all__ = ["CommandServer"]

# Named, not imported: it stands above everything that it runs.
_TASK = "devkit.served:serve"
# Seconds after which one that ended, as it does when devkit's files change, is started again.
_PAUSE = 2.0


class CommandServer:
    """One clone's command server. Commands work without it, only slower."""

    def __init__(self, root: Path, forks: ForkClient, say: Callable[[str], None]) -> None:
        self._root, self._forks, self._say = root, forks, say
        self._task: asyncio.Task[None] | None = None

    def want(self) -> None:
        """Starts it, unless it has been. Not where forking after imports is not safe (`devserve.starting`): it does just that."""
        if self._task is None and not self._forks.spawning:
            self._task = asyncio.create_task(self._keep())

    def stop(self) -> None:
        """It is not started again; the fork server ends it."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self) -> None:
        while True:
            try:
                child = await self._forks.spawn(self._request())
            except (ForkRefused, ForkServerGone):
                return
            assert child.output is not None
            await read_lines(child.output, self._say)
            if await child.ended:
                return  # it cannot run here; its last words are in the log
            await asyncio.sleep(_PAUSE)

    def _request(self) -> dict[str, object]:
        return {
            "name": "commands",
            "task": _TASK,
            "arguments": {"folder": str(state_dir(self._root)), "name": SOCKET},
            "path": code_folders(),
            "cwd": str(self._root),
            "env": inherited(),
        }
