"""The embedded databases' data fit the programs, and nothing else uses them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, note
from devkit.doctor.checks.project.writable import owner
from devkit.doctor.facts.embedded import found_postgres
from devkit.doctor.facts.needs import runs
from devkit.doctor.machine import Machine
from devkit.engines.local.state import load_state
from devkit.types.postgres.server import postgres_folder
from devkit.types.redis.server import redis_folder

_LOCK = "postmaster.pid"


@check("local.data", __doc__, after=("local.postgres",), engine="local")
def run(machine: Machine) -> str:
    """Raises Problem for data that Postgres would refuse; a note for what a killed run left and `up` ends."""
    if not (machine.root / ".devkit").is_dir():
        raise Skipped("nothing has run here yet")
    for folder in (postgres_folder(machine.root), redis_folder(machine.root)):
        if folder.exists() and folder.stat().st_uid != os.geteuid():
            raise Problem(
                f".devkit/{folder.name} belongs to {owner(folder)}: was devkit called with sudo?",
                f"sudo chown -R {os.geteuid()} {folder}",
            )
    data = postgres_folder(machine.root).resolve()
    if not (data / "PG_VERSION").exists():
        return "no data yet"
    version = _fitting(machine, data)
    if machine.fact(runs):
        return f"Postgres {version}, running"
    _private(data)
    _unlocked(machine, data)
    return f"Postgres {version}"


def _fitting(machine: Machine, data: Path) -> str:
    kept = (data / "PG_VERSION").read_text("ascii", "replace").strip()
    said = re.search(r"\(PostgreSQL\) (\d+)", machine.ask(machine.fact(found_postgres), "--version").out)
    if said and kept != said[1]:
        raise Problem(
            f"the data are of Postgres {kept[:10]!r}, the program is {said[1]}: it refuses them",
            f"put back the Python (or the postgres on PATH) with which .devkit was made; ./devkit reset makes new data "
            f"with {said[1]}, the old ones are lost",
            part="version",
        )
    return kept


def _private(data: Path) -> None:
    """Postgres starts with 0700 and 0750 alone."""
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o027:
        fix = Fix("chmod 700 .devkit/postgres", _close)
        raise Problem(
            f".devkit/postgres has mode {mode:04o}, with which Postgres refuses to start",
            fix=fix,
            part="mode",
        )


def _close(machine: Machine) -> None:
    try:
        postgres_folder(machine.root).chmod(0o700)
    except OSError as problem:
        raise DevkitError(f".devkit/postgres: {problem.strerror}") from None


def _unlocked(machine: Machine, data: Path) -> None:
    """The platform does not run, so whoever the lock names is left over, or has only the same number."""
    pid = _locked_by(data)
    if pid is None:
        return
    left = load_state(machine.root)
    name, folder = _process(pid)
    if name is None:
        return  # Postgres removes a lock of a process that is gone
    if folder == data or (left and pid in left.children):
        if left and pid in left.children:
            raise note(
                f"a killed run left its Postgres (pid {pid}) running", "the next up ends it, and so does ./devkit down",
                part="left",
            )  # fmt: skip
        raise Problem(
            f"another Postgres (pid {pid}) runs on .devkit/postgres, which devkit did not start",
            f"kill {pid}",
            part="taken",
        )
    fix = Fix(f"rm .devkit/postgres/{_LOCK}", _unlock, "only if its process is no Postgres")
    raise Problem(
        f"the lock of a killed run names pid {pid}, which is {name} today: Postgres would take it for its own and not start",
        fix=fix,
        part="lock",
    )


def _locked_by(data: Path) -> int | None:
    try:
        return int((data / _LOCK).read_text("ascii", "replace").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _process(pid: int) -> tuple[str | None, Path | None]:
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


def _unlock(machine: Machine) -> None:
    data = postgres_folder(machine.root).resolve()
    pid = _locked_by(data)
    name, folder = _process(pid) if pid is not None else (None, None)
    if folder == data or name == "postgres":
        raise DevkitError(f"pid {pid} is a Postgres now", hint=f"kill {pid}")
    try:
        (data / _LOCK).unlink(missing_ok=True)
    except OSError as problem:
        raise DevkitError(f"{_LOCK}: {problem.strerror}") from None
