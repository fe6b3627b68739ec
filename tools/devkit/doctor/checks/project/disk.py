"""There is disk space for the databases, the logs and the page's packages."""

from __future__ import annotations

import os

from devkit.checks import Problem, check, warning
from devkit.doctor.facts.place import mount
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

_WANTED, _LEAST = 2 * 2**30, 200 * 2**20
_FILES = 60_000  # what .venv and node_modules hold, and some
_FIX = "free some space: du -xsh ~/* 2>/dev/null | sort -h | tail"


@check("project.disk", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises Problem below 200 MB, a warning below 2 GB or where no more files fit."""
    found = room(machine)
    free = found["free"]
    where = mount(machine, machine.root)
    on = f" on {where.folder}" if where else ""
    text = f"{free / 2**30:.1f} GB" if free >= 2**30 else f"{free / 2**20:.0f} MB"
    if free < _LEAST:
        raise Problem(f"{text} free{on}: Postgres stops when the disk is full", _FIX)
    if free < _WANTED:
        raise warning(f"{text} free{on}; 2 GB leave room for .venv, node_modules and the databases", _FIX)
    if found["files"] is not None and found["files"] < _FILES:
        raise warning(f"room for {found['files']} more files{on}, whatever their size", "df -i shows it")
    return f"{text} free"


def is_full(machine: Machine) -> bool:
    """Whether so little is free that this check says so as an error."""
    free: int = room(machine)["free"]
    return free < _LEAST


@observed("disk of the clone")
def room(machine: Machine) -> dict[str, Json]:
    """Bytes `free` to this user, and how many more `files` fit; None where the file system does not count them.

    Raises Problem."""
    try:
        found = os.statvfs(machine.root)
    except OSError as problem:
        raise Problem(f"{machine.root}: {problem.strerror}") from None
    return {"free": found.f_bavail * found.f_frsize, "files": found.f_favail if found.f_files else None}
