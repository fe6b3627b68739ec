"""Readers and writers of tables, as services are: each does a little, again and again, and notes how long that took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from devkit.database.server import connect

__all__ = ["Request", "Sighting", "Traffic", "traffic"]

_PAUSE = 0.02
_LOCKS = """
select l.pid, l.relation::bigint, l.mode from pg_locks l
where l.granted and l.locktype = 'relation' and l.relation = any (%s) and l.pid <> all (%s)
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One read or write of a table (`relation`), from when to when; seconds of the monotonic clock."""

    relation: int
    writes: bool
    began: float
    ended: float


@dataclass
class Sighting:
    """A lock that was seen held, from when to when."""

    relation: int
    mode: str
    began: float
    ended: float


@dataclass
class Traffic:
    """What happened so far. Complete once the block has ended."""

    requests: list[Request] = field(default_factory=list)
    locks: list[Sighting] = field(default_factory=list)


@contextmanager
def traffic(url: str, tables: Sequence[tuple[int, str, str | None]]) -> Iterator[Traffic]:
    """A reader and a writer of each table, given as its number, its name as SQL and a column to write (None: it is only read),
    and one who looks which locks others hold. All have begun when the block does."""
    found, stop = Traffic(), threading.Event()
    tasks = [(number, _read(name), False) for number, name, _ in tables]
    tasks += [(number, _write(name, column), True) for number, name, column in tables if column is not None]
    with ExitStack() as opened:
        looking, *others = (
            opened.enter_context(connect(url, "traffic", autocommit=True)) for _ in range(len(tasks) + 1)
        )
        ready = threading.Barrier(len(tasks) + 2)
        ours = [looking.info.backend_pid, *(each.info.backend_pid for each in others)]
        numbers = [number for number, _, _ in tables]
        threads = [threading.Thread(target=_look, args=(looking, numbers, ours, found, ready, stop))]
        for connection, task in zip(others, tasks, strict=True):
            threads.append(threading.Thread(target=_work, args=(connection, *task, found, ready, stop)))
        for thread in threads:
            thread.start()
        ready.wait()
        try:
            yield found
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _read(name: str) -> sql.Composed:
    return sql.SQL("select 1 from {} limit 1").format(sql.SQL(name))


def _write(name: str, column: str) -> sql.Composed:
    text = "update {table} set {column} = {column} where ctid = (select ctid from {table} limit 1)"
    return sql.SQL(text).format(table=sql.SQL(name), column=sql.Identifier(column))


def _work(
    connection: psycopg.Connection, number: int, statement: sql.Composed, writes: bool, found: Traffic,
    ready: threading.Barrier, stop: threading.Event,
) -> None:  # fmt: skip
    ready.wait()
    while not stop.is_set():
        began = time.monotonic()
        # A renamed or dropped table is for the other rules to tell.
        with suppress(psycopg.Error):
            connection.execute(statement)
        found.requests.append(Request(number, writes, began, time.monotonic()))
        stop.wait(_PAUSE)


def _look(
    connection: psycopg.Connection, numbers: Sequence[int], ours: Sequence[int], found: Traffic,
    ready: threading.Barrier, stop: threading.Event,
) -> None:  # fmt: skip
    ready.wait()
    held: dict[tuple[int, int, str], Sighting] = {}
    while not stop.is_set():
        began = time.monotonic()
        rows = connection.execute(_LOCKS, (list(numbers), list(ours))).fetchall()
        now = time.monotonic()
        seen = {(int(pid), int(relation), str(mode)) for pid, relation, mode in rows}
        for key in held.keys() - seen:
            del held[key]
        for key in seen:
            if key not in held:
                held[key] = Sighting(key[1], key[2], began, now)
                found.locks.append(held[key])
            held[key].ended = now
        stop.wait(_PAUSE)
