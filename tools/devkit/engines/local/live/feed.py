"""What the view knows of the platform, gathered by a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.engines.events import Status
from devkit.engines.local.client import watch
from devkit.engines.memory import with_memory

__all__ = ["KEPT", "Feed"]

# Lines that can be scrolled back to; ./devkit logs has more.
KEPT = 5_000


class Feed:
    """The units as they are, and every line since `lines` was emptied last. `ended` once the platform has; `problem` says why
    nothing more comes when it is not that."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._units: dict[str, Status] = {}
        self._memory: dict[str, int | None] = {}
        self._lines: deque[tuple[str, str]] = deque(maxlen=KEPT)
        self.ended = threading.Event()
        self.problem: DevkitError | None = None

    def start(self) -> None:
        """Begins to gather. The threads end with this process."""
        for work in (self._follow, self._measure):
            threading.Thread(target=work, daemon=True).start()

    def units(self) -> list[Status]:
        """Every unit, in the table's order."""
        with self._lock:
            return [replace(status, memory=self._memory.get(status.name)) for status in self._units.values()]

    def new_lines(self) -> list[tuple[str, str]]:
        """The lines (unit, text) that came since the last call."""
        with self._lock:
            lines = list(self._lines)
            self._lines.clear()
            return lines

    def _follow(self) -> None:
        try:
            for news in watch(self._root):
                units = {raw["name"]: Status.from_json(raw) for raw in news["units"]}
                with self._lock:
                    self._units = units if news["all"] else self._units | units
                    self._lines.extend((unit, line) for unit, line in news["lines"])
                    if lost := news.get("lost"):
                        self._lines.append(
                            ("devkit", f"{lost} lines came too fast to be shown; ./devkit logs has them")
                        )
        except DevkitError as problem:
            self.problem = problem
        finally:
            self.ended.set()

    def _measure(self) -> None:
        while not self.ended.wait(2.0):
            self._memory = {status.name: status.memory for status in with_memory(self.units())}
