"""A database as a whole: made, filled, wiped, looked at. Imported lazily: psycopg and Alembic are not needed to show help."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from devkit.base.errors import DevkitError, ExitCode
from devkit.database import applied
from devkit.database.history import History, Revision
from devkit.database.locks import take_turn
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

__all__ = ["DatabaseStatus", "make", "revision_of", "seed", "status", "turn", "wipe"]


@dataclass(frozen=True)
class DatabaseStatus:
    """Where the schema stands: Alembic revisions (`target`: the newest that is written), and rows a table; what waits to
    be written, what was edited after it was applied, and what to say of a revision that this checkout does not have."""

    address: str
    current: str | None
    head: str | None
    target: str | None
    rows: dict[str, int]
    waiting: tuple[Revision, ...] = ()
    edited: tuple[Revision, ...] = ()
    unknown: DevkitError | None = None

    @property
    def is_current(self) -> bool:
        """Whether all migrations that are written are applied."""
        return self.current == self.target


@contextmanager
def turn(url: str, patience: WaitPolicy) -> Iterator[psycopg.Connection]:
    """The server's `postgres` database, with devkit's lock held: no other devkit migrates or wipes meanwhile."""
    wait_for_database(url, patience)
    with connect(maintenance(url), "db", autocommit=True) as control:
        take_turn(control, patience)
        yield control


def seed(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> list[str]:
    """Runs every `*.sql` in `folder` in name order, each in one transaction. Returns the names.

    Raises DevkitError with the file that the database refuses.
    """
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
    """Drops and recreates the database, once nobody migrates it; connections to it are ended.

    Raises DevkitError with the server's reason.
    """
    name = sql.Identifier(urlsplit(url).path.lstrip("/"))
    try:
        with turn(url, patience) as control:
            control.execute(sql.SQL("drop database if exists {} with (force)").format(name))
            control.execute(sql.SQL("create database {}").format(name))
    except psycopg.Error as problem:
        raise _failed(url, patience, problem) from None


def status(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> DatabaseStatus:
    """The schema's revision against the newest migration, and rows a table.

    Raises DevkitError when the server does not answer.
    """
    history = History(folder)
    wait_for_database(url, patience)
    shown = patience.where or address(url)
    try:
        with connect(maintenance(url), "db status") as connection:
            if not _exists(connection, url):
                return DatabaseStatus(
                    shown, None, history.head, history.target(None), {}, history.waiting(None)
                )
        with connect(plain(url), "db status") as connection:
            names = connection.execute(
                "select tablename from pg_tables where schemaname = 'public' order by 1"
            ).fetchall()
            counts = {
                str(name): _count(connection, str(name)) for (name,) in names if name != "alembic_version"
            }
            current = revision_of(connection)
            recorded = applied.read(connection)
            unknown = current is not None and current not in history.revisions
            return DatabaseStatus(
                shown,
                current,
                history.head,
                history.target(current),
                counts,
                history.waiting(current),
                applied.edited(history, current, recorded),
                applied.unknown_revision(current, recorded, folder) if unknown else None,
            )
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


def revision_of(connection: psycopg.Connection) -> str | None:
    """The Alembic revision that a database is at."""
    if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return str(row[0]) if row else None


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
