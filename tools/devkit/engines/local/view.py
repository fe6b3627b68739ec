"""What is shown of the units, line by line; `live/` shows the same on a whole screen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from devkit.base.console import emit, styled
from devkit.engines.events import Event, State, Status

__all__ = ["STATE_COLOURS", "PlainView", "state_line", "unit_colours"]

_COLOURS = ("cyan", "magenta", "blue", "green", "yellow")
STATE_COLOURS = {
    State.READY: "green", State.DONE: "green", State.CRASHED: "red", State.STARTING: "yellow",
    State.PREPARING: "yellow", State.OFF: "dim",
}  # fmt: skip


def unit_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each unit's name."""
    return dict(zip(names, itertools.cycle(_COLOURS), strict=False))


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
        self._colours = unit_colours(names)
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
            line = styled(f"── {news}", STATE_COLOURS.get(event.status.state, "bold"))
        if line is not None:
            self.write(event.unit, line)
