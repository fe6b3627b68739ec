"""The local engine's own data: what Postgres keeps in the clone, and who the lock in it names."""

from __future__ import annotations

from pathlib import Path

from devkit.doctor.facts.clone import our_processes
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["LOCK", "POSTGRES", "REDIS", "kept_version", "lock_of", "locked_by", "process_of"]

POSTGRES, REDIS = ".devkit/postgres", ".devkit/redis"
LOCK = "postmaster.pid"


@observed("postgres data version")
def kept_version(machine: Machine) -> str | None:
    """The major version whose data are in the clone; None where there are none."""
    try:
        return (machine.root / POSTGRES / "PG_VERSION").read_text("ascii", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


@observed("postgres lock")
def lock_of(machine: Machine) -> dict[str, Json] | None:
    """The `pid` that the lock names, the `name` of its process today (None: there is none), whether it works on our data
    (`here`) and whether a killed run of this clone left it (`left`). None: there is no lock."""
    data = (machine.root / POSTGRES).resolve()
    pid = locked_by(data)
    if pid is None:
        return None
    name, folder = process_of(pid)
    return {"pid": pid, "name": name, "here": folder == data, "left": pid in our_processes(machine)}


def locked_by(data: Path) -> int | None:
    """The pid in the first line of Postgres's lock."""
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
