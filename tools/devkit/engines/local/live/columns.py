"""Which columns of the table a width has room for, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.engines.events import Status
from devkit.engines.rows import HEADER, status_rows

__all__ = ["columns", "reason"]

# What gives way first when there is no room for all; name and state never do.
_GIVES_WAY = ("pid", "debug", "restarts", "ready in", "memory", "port")
_BETWEEN = 2
# A detail shorter than this tells nothing.
_LEAST_DETAIL = 12


def columns(statuses: Sequence[Status], width: int) -> dict[str, list[str]]:
    """The columns that fit, by their headings, each as wide as its content; the detail (heading "") takes what is left."""
    rows = status_rows(statuses)
    every = {head: [row[index] for row in rows] for index, head in enumerate(HEADER)}
    every.pop("")
    details = [reason(status) for status in statuses]
    shown = {head: cells for head, cells in every.items() if any(cells)}
    for head in _GIVES_WAY:
        if _width(shown) <= width:
            break
        shown.pop(head, None)
    left = width - _width(shown) - _BETWEEN
    if any(details) and left < _LEAST_DETAIL:
        for head in _GIVES_WAY[:-1]:  # why something is wrong is worth more than these
            if head in shown and left < _LEAST_DETAIL:
                del shown[head]
                left = width - _width(shown) - _BETWEEN
    if any(details) and left >= _LEAST_DETAIL:
        shown[""] = [detail if len(detail) <= left else detail[: left - 1] + "…" for detail in details]
    return shown


def reason(status: Status) -> str:
    """Its detail without the state that some begin with."""
    return status.detail.removeprefix(f"{status.state.value}: ")


def _width(shown: dict[str, list[str]]) -> int:
    widths = [max(len(head), *map(len, cells)) for head, cells in shown.items()]
    return sum(widths) + _BETWEEN * (len(widths) - 1)
