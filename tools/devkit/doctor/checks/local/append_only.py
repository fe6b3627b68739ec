"""Redis can read its append-only file."""

from __future__ import annotations

from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check
from devkit.doctor.facts.data import REDIS
from devkit.doctor.facts.embedded import found_redis
from devkit.doctor.facts.files import there
from devkit.doctor.facts.needs import runs
from devkit.doctor.facts.stores import failing, start_now
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.types.redis.aof import aof_of, damage, repair
from devkit.types.redis.server import redis_folder


@check("local.append-only", __doc__, after=("local.redis",), engine="local", deadline=30.0)
def run(machine: Machine) -> str:
    """Raises Problem for a file with which Redis ends at once. One that works is not looked at: it is written to."""
    if not there(machine, REDIS).is_folder:
        raise Skipped("nothing has run here yet")
    if machine.fact(runs) and not failing(machine, "redis-server"):
        return "in use"
    found = _damaged(machine, machine.fact(found_redis))
    if found is None:
        return "readable"
    lost = "" if found["lost"] is None else f", and cuts off its last {found['lost']} bytes"
    fix = Fix(f"redis-check-aof --fix {found['file']}", _repair, f"keeps a copy{lost}")
    raise Problem(
        f"{found['file']} is damaged, and Redis does not start with it: {found['why']}",
        fix=fix,
        part="damaged",
    )


@observed("redis append-only file")
def _damaged(machine: Machine, program: Path) -> dict[str, Json] | None:
    """`file`, `why` it cannot be read, and how much a repair would make `lost`; None: nothing is wrong with it."""
    folder = redis_folder(machine.root)
    found = damage(program, folder)
    file = aof_of(folder)
    if found is None or file is None:
        return None
    return {"file": f"{REDIS}/{file.relative_to(folder).as_posix()}", "why": found.why, "lost": found.lost}


def _repair(machine: Machine) -> None:
    try:
        repair(machine.fact(found_redis), redis_folder(machine.root))
    except OSError as problem:
        raise DevkitError(f"{REDIS}: {problem.strerror}") from None
    start_now(machine, "redis-server")
