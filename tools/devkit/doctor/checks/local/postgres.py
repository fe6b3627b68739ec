"""The embedded Postgres can be run here."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError
from devkit.checks import Problem, check
from devkit.doctor.facts.data import POSTGRES
from devkit.doctor.facts.embedded import REBUILD, found_postgres, needed, origin
from devkit.doctor.facts.files import me, there
from devkit.doctor.machine import Machine, observed
from devkit.types.postgres.server import as_ordinary_user

_OLDEST = 14


@check("local.postgres", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises Problem: there is none, it does not start, it is too old, or root cannot run it."""
    needed(machine, "postgres", "postgres")
    program = machine.fact(found_postgres)
    said = machine.ask(program, "--version")
    version = re.search(r"\(PostgreSQL\) (\d+)(\.\d+)?", said.out)
    from_venv = origin(program) == "out of .venv"
    if said.code or version is None:
        fix = REBUILD if from_venv else f"try it yourself: {program} --version"
        raise Problem(f"Postgres ({origin(program)}) does not run: {said.last_line}", fix)
    if int(version[1]) < _OLDEST:
        raise Problem(
            f"{program} is Postgres {version[1]}; {_OLDEST} is the oldest version that works",
            "install a newer one",
        )
    user = me(machine)
    if user["uid"] == 0:
        _as_somebody(
            machine, str(program), "this is root", "run devkit as an ordinary user: Postgres refuses root"
        )
    elif user["name"] is None and not there(machine, f"{POSTGRES}/PG_VERSION"):
        who = f"the user {user['uid']} has no name on this machine, which initdb refuses"
        fix = "give it one: a line in /etc/passwd (in a container: --user with a name)"
        _as_somebody(machine, str(program), who, fix)
    return f"{version[1]}{version[2] or ''}, {origin(program)}"


def _as_somebody(machine: Machine, program: str, who: str, advice: str) -> None:
    """For whom Postgres refuses, devkit runs it in a user namespace, which a system may forbid."""
    try:
        trouble = _refused_as_nobody(machine, program)
    except DevkitError as problem:
        raise Problem(problem.message, advice) from None
    if trouble is not None:
        raise Problem(f"{who}, and no user namespace can be made: {trouble}", advice)


@observed("in a user namespace")
def _refused_as_nobody(machine: Machine, program: str) -> str | None:
    """What is said when a program is run in one; None when it runs. Raises DevkitError where nothing could make one."""
    said = machine.ask(*as_ordinary_user(machine.environ.whole(), named=True), program, "--version")
    return said.last_line if said.code else None
