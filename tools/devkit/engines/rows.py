"""The table that `status` and `up` show, whatever runs the platform."""

from __future__ import annotations

from collections.abc import Sequence

from devkit.engines.events import Status

__all__ = ["HEADER", "status_rows"]

HEADER = ("service", "state", "port", "debug", "pid", "memory", "restarts", "ready in", "")


def status_rows(statuses: Sequence[Status]) -> list[list[str]]:
    """One row a unit for `HEADER`."""
    return [
        [
            status.name,
            status.state.value,
            str(status.port or ""),
            _debug(status),
            str(status.pid or ""),
            f"{status.memory / 1e6:.0f} MB" if status.memory is not None else "",
            str(status.restarts or ""),
            f"{status.ready_seconds:.1f} s" if status.ready_seconds is not None else "",
            status.detail,
        ]
        for status in statuses
    ]


def _debug(status: Status) -> str:
    """The port, and whether a debugger is there or waited for."""
    who = f" ({status.debugger})" if status.debugger not in ("", "none") else ""
    return f"{status.debug_port}{who}" if status.debug_port else ""
