"""What `up` shows: plain prefixed lines anywhere, on a terminal a live table above the latest of them."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from devkit.base.console import emit, in_foreground, styled
from devkit.engines.events import Event, State, Status
from devkit.engines.memory import with_memory
from devkit.engines.rows import HEADER, status_rows

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

__all__ = ["LiveView", "PlainView", "state_line"]

_COLOURS = ("cyan", "magenta", "blue", "green", "yellow")
_STATE_COLOURS = {
    State.READY: "green", State.DONE: "green", State.CRASHED: "red", State.STARTING: "yellow",
    State.PREPARING: "yellow", State.OFF: "dim",
}  # fmt: skip
# Seconds between two looks at how much memory everything uses.
_MEMORY_EVERY = 2.0
_REDRAWN = 0.25  # seconds
# Columns that give way on a narrow terminal, and the width from which they are shown.
_WIDTH_FOR = {"debug": 90, "pid": 80, "restarts": 80, "memory": 60, "ready in": 60, "": 100}


def state_line(status: Status) -> str | None:
    """A change of a unit's state as one line; None if it is not worth one."""
    match status.state:
        case State.READY:
            where = (
                f" on http://localhost:{status.port}"
                if status.card in ("page", "service")
                else f" on {status.port}"
            )
            return f"ready{where} in {status.ready_seconds:.1f} s"
        case State.DONE:
            return "done"
        case State.CRASHED:
            return status.detail
        case State.OFF | State.PREPARING:
            return f"{status.state.value}: {status.detail}"
        case _:
            return None


class PlainView:
    """Every line with its unit's name in front, as in `docker compose up`."""

    def __init__(self, names: Sequence[str], write: Callable[[str], None] = emit) -> None:
        self._width = max(map(len, [*names, "devkit"]))
        self._colours = dict(zip(names, itertools.cycle(_COLOURS), strict=False))
        self._write = write
        self._said: dict[str, str] = {}

    def write(self, unit: str, line: str) -> None:
        """One line of a unit, prefixed."""
        self._write(f"{styled(unit.ljust(self._width), self._colours.get(unit, 'bold'))} | {line}")

    def __call__(self, event: Event) -> None:
        line = event.line
        if event.status is not None:
            news = state_line(event.status)
            if news is None or self._said.get(event.unit) == news:
                return
            self._said[event.unit] = news
            line = styled(f"── {news}", _STATE_COLOURS.get(event.status.state, "bold"))
        if line is not None:
            self.write(event.unit, line)


class LiveView:
    """The table, redrawn four times a second, above as many of the latest lines as fit.

    While the terminal is another job's (`up &`, Ctrl-Z and `bg`), the lines are plain; `fg` brings the table back.
    """

    def __init__(self, names: Sequence[str], statuses: Callable[[], list[Status]]) -> None:
        self._statuses = statuses
        self._lines: deque[str] = deque(maxlen=500)
        self._unread: deque[str] = deque(maxlen=500)  # those that only the table has shown
        self._plain = PlainView(names, write=self._write)
        self._memory: dict[str, int | None] = {}
        self._looked = float("-inf")
        self._live: Live | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._drawing = threading.Thread(target=self._draw, daemon=True)

    def __enter__(self) -> LiveView:
        self._on_stop = signal.signal(signal.SIGTSTP, self._stopped)
        self._follow_terminal()
        self._drawing.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended.set()
        self._drawing.join()
        signal.signal(signal.SIGTSTP, self._on_stop)
        self._leave_screen()

    def __call__(self, event: Event) -> None:
        self._plain(event)

    def _write(self, line: str) -> None:
        # Without the lock: whoever draws holds it while a slow terminal takes the screen, and the platform waits for nobody.
        self._lines.append(line)
        if self._live is None:
            emit(line)
        else:
            self._unread.append(line)

    def _draw(self) -> None:
        with contextlib.suppress(OSError):  # the terminal has gone; so does the platform, by SIGHUP
            while not self._ended.wait(_REDRAWN):
                self._follow_terminal()

    def _follow_terminal(self) -> None:
        with self._lock:
            if not in_foreground():
                self._leave_screen()
            elif self._live is None:
                self._take_screen()
            else:
                self._live.refresh()

    def _take_screen(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(
            console=Console(file=sys.stdout), get_renderable=self._render, auto_refresh=False, screen=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._live.start(refresh=True)

    def _leave_screen(self) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None
            while self._unread:  # what was on the screen stays readable in the terminal's history
                emit(self._unread.popleft())

    def _stopped(self, *_: object) -> None:
        """Ctrl-Z: the shell gets its own screen back."""
        self._leave_screen()
        signal.raise_signal(signal.SIGSTOP)

    def _measured(self) -> list[Status]:
        """The statuses, with memory as it was at the last look: to look takes longer than to draw."""
        statuses = self._statuses()
        if time.monotonic() - self._looked > _MEMORY_EVERY:
            self._looked = time.monotonic()
            self._memory = {status.name: status.memory for status in with_memory(statuses)}
        return [replace(status, memory=self._memory.get(status.name)) for status in statuses]

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        statuses = self._measured()
        size = shutil.get_terminal_size()
        shown = [index for index in range(len(HEADER)) if size.columns >= _WIDTH_FOR.get(HEADER[index], 0)]
        room = max(size.lines - 3, 1)
        table = Table(*(HEADER[index] for index in shown), box=None, pad_edge=False, header_style="bold")
        for column in table.columns:
            column.no_wrap = True
        for status, row in list(zip(statuses, status_rows(statuses), strict=True))[:room]:
            colours = {HEADER.index("state"): _STATE_COLOURS.get(status.state, "")}
            table.add_row(*(Text(row[index], style=colours.get(index, "")) for index in shown))
        hidden = f"+{len(statuses) - room} more   " if len(statuses) > room else ""
        page = next((s for s in statuses if s.card == "page" and s.state is State.READY), None)
        where = f"open http://localhost:{page.port}   " if page else ""
        fix = Text(f"{hidden}{where}Ctrl-C stops everything; data is kept", style="dim", no_wrap=True)
        tail = list(self._lines)[-max(size.lines - min(len(statuses), room) - 4, 1) :]
        logs = [Text.from_ansi(line, no_wrap=True, overflow="ellipsis") for line in tail]
        return Group(table, fix, Text(""), *logs)
