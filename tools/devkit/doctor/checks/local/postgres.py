"""The embedded Postgres can be run here."""

from __future__ import annotations

import os
import re

from devkit.base.errors import DevkitError
from devkit.checks import Problem, check
from devkit.doctor.facts.embedded import REBUILD, found_postgres, needed, origin
from devkit.doctor.machine import Machine
from devkit.types.postgres.server import not_as_root, postgres_folder

_OLDEST = 14


@check("local.postgres", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises Problem: there is none, it does not start, it is too old, or root cannot run it."""
    needed(machine, "postgres", "postgres")
    program = machine.fact(found_postgres)
    said = machine.ask(program, "--version")
    version = re.search(r"\(PostgreSQL\) (\d+)(\.\d+)?", said.out)
    own = origin(program) == "out of .venv"
    if said.code or version is None:
        mend = REBUILD if own else f"try it yourself: {program} --version"
        raise Problem(f"Postgres ({origin(program)}) does not run: {said.last_line}", mend)
    if int(version[1]) < _OLDEST:
        raise Problem(
            f"{program} is Postgres {version[1]}; {_OLDEST} is the oldest that works", "install a newer one"
        )
    if os.geteuid() == 0:
        _as_somebody(machine, str(program))
    elif not _has_name() and not (postgres_folder(machine.root) / "PG_VERSION").exists():
        raise Problem(
            f"the user {os.geteuid()} has no name on this machine, and initdb refuses such a user",
            "give it one: a line in /etc/passwd (in a container: --user with a name)",
        )
    return f"{version[1]}{version[2] or ''}, {origin(program)}"


def _has_name() -> bool:
    import pwd

    try:
        return bool(pwd.getpwuid(os.geteuid()))
    except KeyError:
        return False


def _as_somebody(machine: Machine, program: str) -> None:
    """Postgres refuses root; devkit then runs it in a user namespace, which a system may forbid."""
    mend = "call devkit as an ordinary user: Postgres refuses root"
    try:
        prefix = not_as_root(machine.environ)
    except DevkitError as problem:
        raise Problem(problem.message, mend) from None
    said = machine.ask(*prefix, program, "--version")
    if said.code:
        raise Problem(f"this is root, and no user namespace can be made: {said.last_line}", mend)
