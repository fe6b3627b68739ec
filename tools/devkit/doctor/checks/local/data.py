"""The embedded databases' data fit the programs, and nothing else uses them."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, note
from devkit.doctor.facts.data import POSTGRES, REDIS, kept_version, lock_of
from devkit.doctor.facts.embedded import found_postgres
from devkit.doctor.facts.files import me, there
from devkit.doctor.facts.needs import runs
from devkit.doctor.facts.stores import failing, start_now
from devkit.doctor.machine import Machine
from devkit.types.postgres.lock import LOCK, remove_lock
from devkit.types.postgres.server import postgres_folder


@check("local.data", __doc__, after=("local.postgres",), engine="local")
def run(machine: Machine) -> str:
    """Raises Problem for data that Postgres would refuse; a note for what a killed run left and `up` ends."""
    if not there(machine, ".devkit").is_folder:
        raise Skipped("nothing has run here yet")
    uid = me(machine)["uid"]
    for name in (POSTGRES, REDIS):
        found = there(machine, name)
        if found and found.uid != uid:
            raise Problem(
                f"{name} belongs to {found.owner}: was devkit run with sudo?",
                f"sudo chown -R {uid} {machine.root / name}",
            )
    kept = kept_version(machine)
    if kept is None:
        return "no data yet"
    _fitting(machine, kept)
    if machine.fact(runs) and not failing(machine, "postgres"):
        return f"Postgres {kept}, running"
    _private(machine)
    _unlocked(machine)
    return f"Postgres {kept}"


def _fitting(machine: Machine, kept: str) -> None:
    said = re.search(r"\(PostgreSQL\) (\d+)", machine.ask(machine.fact(found_postgres), "--version").out)
    if said and kept != said[1]:
        raise Problem(
            f"the data is from Postgres {kept[:10]!r}, the program is {said[1]}, which refuses it",
            f"put back the Python (or the postgres on PATH) that .devkit was created with; ./devkit reset makes new data "
            f"with {said[1]}, the old ones are lost",
            part="version",
        )


def _private(machine: Machine) -> None:
    """Postgres starts with 0700 and 0750 alone."""
    mode = there(machine, POSTGRES).mode
    if mode & 0o027:
        fix = Fix(f"chmod 700 {POSTGRES}", _close)
        raise Problem(
            f"{POSTGRES} has mode {mode:04o}, with which Postgres refuses to start", fix=fix, part="mode"
        )


def _close(machine: Machine) -> None:
    try:
        postgres_folder(machine.root).chmod(0o700)
    except OSError as problem:
        raise DevkitError(f".devkit/postgres: {problem.strerror}") from None
    start_now(machine, "postgres")


def _unlocked(machine: Machine) -> None:
    """Our Postgres does not run, so whoever the lock names is left over, or has only the same number."""
    lock = lock_of(machine)
    if lock is None or lock["name"] is None:
        return  # Postgres removes a lock of a process that is gone
    pid = lock["pid"]
    if lock["left"] and machine.fact(runs):
        return  # it starts at this moment
    if lock["left"]:
        raise note(
            f"a killed run left its Postgres (pid {pid}) running", "the next up ends it, and so does ./devkit down",
            part="left",
        )  # fmt: skip
    if lock["here"]:
        raise Problem(
            f"another Postgres (pid {pid}) runs on {POSTGRES}, which devkit did not start",
            f"kill -INT {pid}",
            part="taken",
        )
    fix = Fix(f"rm {POSTGRES}/{LOCK}", _unlock, "only if its process is not Postgres")
    raise note(
        f"the lock of a killed run names pid {pid}, which is {lock['name']} today: the next start removes it",
        fix=fix,
        part="lock",
    )


def _unlock(machine: Machine) -> None:
    try:
        pid = remove_lock(postgres_folder(machine.root))
    except OSError as problem:
        raise DevkitError(f"{LOCK}: {problem.strerror}") from None
    if pid is not None:
        raise DevkitError(f"pid {pid} is a Postgres now", fix=f"kill -INT {pid}")
    start_now(machine, "postgres")
