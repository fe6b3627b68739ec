"""The embedded Redis can be run here."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError
from devkit.checks import Problem, check
from devkit.doctor.facts.embedded import REBUILD, found_redis, needed, origin
from devkit.doctor.machine import Machine
from devkit.types.redis.server import checked_redis


@check("local.redis", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises Problem: there is none, it does not start, or it is too old."""
    needed(machine, "redis-server", "redis")
    program = machine.fact(found_redis)
    said = machine.ask(program, "--version")
    version = re.search(r"v=(\d+\.\d+[.\d]*)", said.out)
    if said.code or version is None:
        fix = REBUILD if origin(program) == "out of .venv" else f"try it yourself: {program} --version"
        raise Problem(f"Redis ({origin(program)}) does not run: {said.last_line}", fix)
    try:
        checked_redis(program, said.out)
    except DevkitError as problem:
        raise Problem(problem.message, problem.fix) from None
    return f"{version[1]}, {origin(program)}"
