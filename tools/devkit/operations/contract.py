"""The views and functions that a platform offers in the schema which its table calls `operations` (docs/jobs.md).

devkit knows no queue and no order: whatever library a platform uses, these columns say what it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row, scalar_row

from devkit.base.errors import DevkitError, ExitCode
from devkit.database.server import WaitPolicy, connect, plain, wait_for_database
from devkit.model import Table

__all__ = ["STATES", "Entry", "Job", "Operations", "Queue", "opened"]

# What a job's state may be: the first needs a person, the last two go on by themselves.
STATES = ("dead", "abandoned", "paused", "retrying", "waiting", "running")

_MISSING = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedColumn)

R = TypeVar("R")


@dataclass(frozen=True)
class Job:
    """A row of the view `jobs`: one that waits, runs or failed for good. `subject` is what it is about, `party` whom its last
    attempt could not reach."""

    id: int
    queue: str
    name: str
    key: str | None
    subject: str | None
    state: str
    since: datetime | None
    tries: int
    next_try: datetime | None
    error: str | None
    party: str | None
    failed_at: datetime | None
    sender: str | None
    cause: str | None
    trace: str | None
    payload: Any = None


@dataclass(frozen=True)
class Queue:
    """A row of the view `queues`. `workers` is how many are there now, `oldest` since when its oldest job waits."""

    queue: str
    workers: int
    paused_at: datetime | None
    waiting: int
    running: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True)
class Entry:
    """A row of the view `journal`. The newest of each `thread` of a subject says whom that waits for, if anybody."""

    subject: str
    thread: str
    at: datetime
    service: str
    what: str
    detail: str
    cause: str
    trace: str
    waits_for: str | None
    hint: str


class Operations:
    """A platform's operations schema, on one connection."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str) -> None:
        self._connection, self._schema = connection, sql.Identifier(schema)

    def queues(self) -> list[Queue]:
        """All queues, by name."""
        return self._rows(Queue, "SELECT * FROM {}.queues ORDER BY queue")

    def jobs(self, queue: str | None = None, state: str | None = None, limit: int | None = None) -> list[Job]:
        """Jobs, what needs a person first, then the oldest first."""
        order = sql.SQL("array_position({}, state), since, id").format(sql.Literal(list(STATES)))
        query = sql.SQL(
            "SELECT * FROM {}.jobs WHERE (%(queue)s::text IS NULL OR queue = %(queue)s) "
            "AND (%(state)s::text IS NULL OR state = %(state)s) ORDER BY {} LIMIT %(limit)s"
        ).format(self._schema, order)
        return self._fetch(Job, query, {"queue": queue, "state": state, "limit": limit})

    def job(self, number: int) -> Job:
        """One job. Raises DevkitError (exit 1) when there is none of that number (any more)."""
        found = self._rows(Job, "SELECT * FROM {}.jobs WHERE id = %(id)s", id=number)
        if not found:
            raise DevkitError(f"no job {number}", fix="it is done, or was dropped; ./devkit jobs list")
        return found[0]

    def jobs_about(self, subject: str) -> list[Job]:
        """The jobs about one subject, the oldest first."""
        return self._rows(Job, "SELECT * FROM {}.jobs WHERE subject = %(about)s ORDER BY id", about=subject)

    def journal(self, subject: str) -> list[Entry]:
        """The entries about one subject, the oldest first."""
        columns = "subject, thread, at, service, what, detail, cause, trace, waits_for, hint"
        query = f"SELECT {columns} FROM {{}}.journal WHERE subject = %(about)s ORDER BY at, position"
        return self._rows(Entry, query, about=subject)

    def subjects(self, name: str) -> list[tuple[str, str, datetime]]:
        """Subject, title and beginning of all that people call so, the newest first."""
        query = (
            "SELECT DISTINCT subject, title, since FROM {}.subjects WHERE name = %(name)s ORDER BY since DESC"
        )
        with self._explained():
            return [tuple(row) for row in self._connection.execute(self._sql(query), {"name": name})]

    def call(self, function: str, argument: object) -> object:
        """What a function answers: `retry` and `drop` a job's number, `pause` and `resume` a queue."""
        query = sql.SQL("SELECT {}.{}(%s)").format(self._schema, sql.Identifier(function))
        with self._explained(), self._connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(query, (argument,)).fetchone()

    def _rows(self, kind: type[R], query: LiteralString | str, **values: object) -> list[R]:
        return self._fetch(kind, self._sql(query), values)

    def _fetch(self, kind: type[R], query: sql.Composed, values: dict[str, Any]) -> list[R]:
        with self._explained(), self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, values).fetchall()

    def _sql(self, query: str) -> sql.Composed:
        return sql.SQL(query).format(self._schema)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except _MISSING as problem:
            raise DevkitError(
                f"the database does not have what the table calls operations: {str(problem).splitlines()[0]}",
                fix="./devkit db migrate",
            ) from None


@contextmanager
def opened(table: Table, url: str, patience: WaitPolicy) -> Iterator[Operations]:
    """The operations schema of a platform's database; what is read within the block is of one moment.

    Raises DevkitError (exit 2) when the table names none, or (exit 5) when the database does not answer.
    """
    if not table.operations:
        raise DevkitError(
            f"{table.file} does not say where the platform's jobs and journal are",
            fix="operations: SCHEMA, with the views and functions of docs/jobs.md",
            exit_code=ExitCode.USAGE,
        )
    wait_for_database(url, patience)
    with connect(plain(url), "operations") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield Operations(connection, table.operations)
