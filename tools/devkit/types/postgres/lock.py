"""Postgres's lock in its data, and whether the process that it names is a Postgres on these data.

Postgres compares only the number: where another process has it by now, it takes that one for its own and does not start.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOCK", "Holder", "holder", "locked_by", "process_of", "remove_lock"]

LOCK = "postmaster.pid"


@dataclass(frozen=True)
class Holder:
    """The process that has the lock's number today. `name` None: there is none. `here`: it is a Postgres on these data,
    as far as can be seen."""

    pid: int
    name: str | None
    here: bool


def holder(data: Path) -> Holder | None:
    """Who the lock of a data folder names; None: there is no lock."""
    data = data.resolve()
    pid = locked_by(data)
    if pid is None:
        return None
    name, folder = process_of(pid)
    unseen = name is not None and folder is None and name.startswith("postgres")
    return Holder(pid, name, folder == data or unseen)


def locked_by(data: Path) -> int | None:
    """The pid in the first line of the lock."""
    try:
        return int((data / LOCK).read_text("ascii", "replace").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def process_of(pid: int) -> tuple[str | None, Path | None]:
    """A process's name and working folder (Postgres's is its data), as far as they are told."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None, None
        name = process.name()
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None, None
    except psutil.Error:
        return "another user's process", None
    try:
        return name, Path(process.cwd())
    except (psutil.Error, OSError):
        return name, None


def remove_lock(data: Path) -> int | None:
    """Removes the lock, unless a Postgres works on these data. The pid of the one that does; None: the lock is gone.

    Not only the one that the lock names counts: the processes of a server that was killed may outlive it for a moment.
    Raises OSError.
    """
    import psutil

    data = data.resolve()
    found = holder(data)
    if found is not None and found.here:
        return found.pid
    for pid in psutil.pids():
        name, folder = process_of(pid)
        if folder == data and name is not None and name.startswith("postgres"):
            return pid
    (data / LOCK).unlink(missing_ok=True)
    return None
