"""The local engine's own data: what Postgres keeps in the clone, and who the lock in it names."""

from __future__ import annotations

from devkit.doctor.facts.clone import our_processes
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.types.postgres.lock import holder

__all__ = ["POSTGRES", "REDIS", "kept_version", "lock_of"]

POSTGRES, REDIS = ".devkit/postgres", ".devkit/redis"


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
    found = holder(machine.root / POSTGRES)
    if found is None:
        return None
    left = found.pid in our_processes(machine)
    return {"pid": found.pid, "name": found.name, "here": found.here, "left": left}
