"""What runs below a process."""

from __future__ import annotations

import contextlib

import psutil

__all__ = ["commands_below"]


def commands_below(pid: int) -> dict[psutil.Process, list[str]]:
    """Every process below `pid` with its arguments; those that end meanwhile are left out."""
    found = {}
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found[process] = process.cmdline()
    return found
