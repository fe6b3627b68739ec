"""Migrations run one after the other on a scratch server, each observed while it does."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from devkit.base.errors import DevkitError
from devkit.database.check.listening import observed
from devkit.database.check.record import Recorder, Step
from devkit.database.check.schema import QUERY, Schema, read_schema
from devkit.database.check.scratch import ScratchServer
from devkit.database.history import History, Revision
from devkit.database.server import connect
from devkit.database.target import DATABASE_URL

__all__ = ["Migrated", "database_of", "failure", "run_migrations", "schema_of", "upgrade"]


@dataclass(frozen=True)
class Migrated:
    """A migration that was run: `file` is its path in the repository, `steps` what it sent. `failed`: the line and the reason
    of one that did not run to its end."""

    revision: Revision
    path: Path
    file: str
    before: Schema
    after: Schema
    steps: tuple[Step, ...]
    failed: tuple[int, str] | None = None


def run_migrations(
    server: ScratchServer,
    root: Path,
    history: History,
    line: tuple[Revision, ...],
    checked: tuple[Revision, ...],
    progress: Callable[[str], None] = lambda _: None,
) -> list[Migrated]:
    """Runs `line` on a database of its own, and returns what those that are `checked` did, up to the first that fails.

    Raises DevkitError for one that is not checked and fails.
    """
    url = server.create()
    found: list[Migrated] = []
    with database_of(url), connect(url, "db check", autocommit=True) as looking:
        for number, revision in enumerate(line):
            if revision not in checked:
                following = line[number + 1] if number + 1 < len(line) else None
                if following is None or following in checked or following.down != (revision.id,):
                    progress(f"running {revision.file}")
                    upgrade(history, revision)  # with those before it
                continue
            progress(f"running {revision.file}")
            found.append(_run(server, root, history, revision, looking))
            if found[-1].failed:
                break
    server.drop(url)
    return found


def _run(
    server: ScratchServer, root: Path, history: History, revision: Revision, looking: psycopg.Connection
) -> Migrated:  # fmt: skip
    path = history.path_of(revision.id)
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    before, failed = schema_of(looking), None
    recorder = Recorder(path, before, server.log)
    try:
        with observed(recorder):
            history.upgrade(revision.id)
    except (Exception, SystemExit) as problem:
        failed = failure(path, problem)
    return Migrated(revision, path, file, before, schema_of(looking), tuple(recorder.steps), failed)


@contextmanager
def database_of(url: str) -> Iterator[None]:
    """What env.py reads meanwhile."""
    kept = os.environ.get(DATABASE_URL)
    os.environ[DATABASE_URL] = url
    try:
        yield
    finally:
        if kept is None:
            del os.environ[DATABASE_URL]
        else:
            os.environ[DATABASE_URL] = kept


def upgrade(history: History, revision: Revision) -> None:
    """Runs what leads to a revision. Raises DevkitError when it fails."""
    try:
        history.upgrade(revision.id)
    except (Exception, SystemExit) as problem:
        raise DevkitError(
            f"{revision.file}, which is not checked, fails on an empty database: {failure(history.path_of(revision.id), problem)[1]}",
            fix="./devkit db check --all tells where",
        ) from None


def schema_of(connection: psycopg.Connection) -> Schema:
    """What a database has now; the connection commits each statement by itself."""
    row = connection.execute(QUERY.encode()).fetchone()
    assert row is not None
    return read_schema(row[0])


def failure(path: Path, problem: BaseException) -> tuple[int, str]:
    """The line of a migration that its end came from (0: it came from elsewhere), and the first line of the reason."""
    resolved = path.resolve()
    frames = traceback.extract_tb(problem.__traceback__)
    line = next((f.lineno or 0 for f in reversed(frames) if Path(f.filename).resolve() == resolved), 0)
    said = str(getattr(problem, "orig", None) or problem).strip() or type(problem).__name__
    return line, said.splitlines()[0]
