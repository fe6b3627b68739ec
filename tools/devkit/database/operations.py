"""What `devkit db` does, given a database URL. Imported lazily: psycopg and Alembic are not needed to show help."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.database.locks import lock_holders, lock_timeout, take_turn
from devkit.database.server import (
    WaitPolicy,
    connect,
    is_lost,
    maintenance,
    plain,
    unreachable,
    wait_for_database,
)
from devkit.database.target import address

__all__ = ["DatabaseStatus", "make", "migrate", "seed", "status", "turn", "wipe"]

_EVERY = 0.25


@dataclass(frozen=True)
class DatabaseStatus:
    """Where the schema stands: Alembic revisions, and rows a table."""

    address: str
    current: str | None
    head: str | None
    rows: dict[str, int]


def migrate(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> str:
    """Makes the database if it is missing and upgrades it to the newest migration in `folder`. Returns a line to show.

    A server that goes away meanwhile is waited for and the migration begun again, until patience is at its end; others
    who migrate or wipe are waited for too. Raises DevkitError: exit 5 without a server, exit 1 for a migration that
    fails or a lock that does not come free.
    """
    lost: Exception | None = None
    for left in attempts(patience.seconds, _EVERY):
        if lost is not None:
            patience.progress("the connection to the database was lost; trying again")
        try:
            with turn(url, replace(patience, seconds=left)):
                return _upgrade(url, folder, patience)
        except DevkitError:
            raise
        except Exception as problem:
            if not is_lost(problem):
                raise _failed_migration(url, folder, patience, problem) from None
            lost = problem
    assert lost is not None
    raise unreachable(url, patience, lost)


@contextmanager
def turn(url: str, patience: WaitPolicy) -> Iterator[psycopg.Connection]:
    """The server's `postgres` database, with devkit's lock held: no other devkit migrates or wipes meanwhile."""
    wait_for_database(url, patience)
    with connect(maintenance(url), "db", autocommit=True) as control:
        take_turn(control, patience)
        yield control


def _upgrade(url: str, folder: Path, patience: WaitPolicy) -> str:
    from alembic import command
    from alembic.config import Config

    head = _head(folder)
    make(url)
    os.environ["DATABASE_URL"] = url  # what the migrations' env.py reads, as a service would
    before = _current(url)
    if before != head:
        with lock_timeout(patience.lock_seconds):
            command.upgrade(Config(folder / "alembic.ini"), "head")
    after = _current(url)
    return (
        f"migrated {before or 'an empty database'} → {after}" if before != after else f"up to date at {after}"
    )


def _failed_migration(url: str, folder: Path, patience: WaitPolicy, problem: Exception) -> DevkitError:
    """The migration's file and line, and what the database said, in place of forty frames of libraries."""
    if isinstance(getattr(problem, "orig", problem), psycopg.errors.LockNotAvailable):
        with connect(plain(url), autocommit=True) as connection:
            return lock_holders(connection, patience)
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if str(folder) in frame.filename]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: " if frames else ""
    said = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    fix = "it was rolled back; fix the file and save"
    if "Can't locate revision" in said:
        fix = "another branch has migrated it: migrate down from there, or ./devkit db reset"
    return DevkitError(f"a migration failed: {where}{said}", fix=fix)


def seed(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> list[str]:
    """Runs every `*.sql` in `folder` in name order, each in one transaction. Returns the names."""
    wait_for_database(url, patience)
    files = sorted(folder.glob("*.sql"))
    for file in files:
        try:
            with connect(plain(url), "db seed") as connection:
                connection.execute(file.read_bytes())
        except psycopg.Error as problem:
            raise DevkitError(
                f"{file.name}: {str(problem).splitlines()[0]}",
                fix="is the database migrated? ./devkit db status",
            ) from None
    return [file.name for file in files]


def wipe(url: str, patience: WaitPolicy = WaitPolicy()) -> None:
    """Drops and recreates the database, once nobody migrates it; connections to it are ended."""
    name = sql.Identifier(urlsplit(url).path.lstrip("/"))
    try:
        with turn(url, patience) as control:
            control.execute(sql.SQL("drop database if exists {} with (force)").format(name))
            control.execute(sql.SQL("create database {}").format(name))
    except psycopg.Error as problem:
        raise _failed(url, patience, problem) from None


def status(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> DatabaseStatus:
    """The schema's revision against the newest migration, and rows a table."""
    head = _head(folder)
    wait_for_database(url, patience)
    shown = patience.where or address(url)
    try:
        with connect(maintenance(url), "db status") as connection:
            if not _exists(connection, url):
                return DatabaseStatus(shown, None, head, {})
        with connect(plain(url), "db status") as connection:
            names = connection.execute(
                "select tablename from pg_tables where schemaname = 'public' order by 1"
            ).fetchall()
            counts = {
                str(name): _count(connection, str(name)) for (name,) in names if name != "alembic_version"
            }
            return DatabaseStatus(shown, _revision(connection), head, counts)
    except psycopg.Error as problem:
        raise _failed(url, patience, problem) from None


def _failed(url: str, patience: WaitPolicy, problem: psycopg.Error) -> DevkitError:
    if is_lost(problem):
        return unreachable(url, patience, problem)
    return DevkitError(
        f"the database refused: {str(problem).strip().splitlines()[0]}", exit_code=ExitCode.REFUSED
    )


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _current(url: str) -> str | None:
    with connect(plain(url), "db migrate") as connection:
        return _revision(connection)


def _revision(connection: psycopg.Connection) -> str | None:
    if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None


def _head(folder: Path) -> str | None:
    """The newest migration. Raises DevkitError (exit 2) for a folder that Alembic cannot read."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        return ScriptDirectory.from_config(Config(folder / "alembic.ini")).get_current_head()
    except (CommandError, SyntaxError) as problem:
        said = " ".join(str(problem).split())
        fix = "two migrations follow the same one: let the newer one's down_revision name the other"
        raise DevkitError(
            f"{folder.name}: {said}",
            fix=fix if "multiple heads" in said else None,
            exit_code=ExitCode.USAGE,
        ) from None


def _exists(connection: psycopg.Connection, url: str) -> bool:
    name = urlsplit(url).path.lstrip("/")
    found = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
    return found is not None


def make(url: str) -> None:
    """Makes the database if it is missing."""
    with connect(maintenance(url), "db", autocommit=True) as connection:
        if not _exists(connection, url):
            name = sql.Identifier(urlsplit(url).path.lstrip("/"))
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):  # another call was faster
                connection.execute(sql.SQL("create database {}").format(name))
