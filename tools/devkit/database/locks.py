"""Whoever changes a database takes turns; who waits in vain is told for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.database.server import WaitPolicy

__all__ = ["is_locked", "lock_holders", "lock_timeout", "take_turn"]

# Held on the server's `postgres` database, which outlives the one that is migrated or wiped.
_KEY = 0x6465766B6974  # "devkit" in ASCII
_EVERY = 0.25

# pg_locks shows the key of an advisory lock as two halves; objsubid 1 says that it is one bigint.
_ADVISORY = """
    l.locktype = 'advisory' and l.classid = (%(key)s::bigint >> 32)::oid
    and l.objid = (%(key)s::bigint & 4294967295)::oid and l.objsubid = 1
    and l.database = (select oid from pg_database where datname = current_database())
"""
# Those that a migration may have to wait for: advisory locks, and transactions that have touched a table.
# Postgres numbers users' objects from 16384 on; what is below is its own catalogue.
_ANY = """
    l.database = (select oid from pg_database where datname = current_database())
    and (l.locktype = 'advisory' or (l.locktype = 'relation' and l.relation >= 16384))
"""


def take_turn(connection: psycopg.Connection, patience: WaitPolicy) -> None:
    """Takes the lock for as long as the connection lasts.

    Raises DevkitError after `patience.lock_seconds`, naming who holds it.
    """
    said = holder = ""
    for _ in attempts(patience.lock_seconds, _EVERY):
        if connection.execute("select pg_try_advisory_lock(%s)", (_KEY,)).fetchone() == (True,):
            return
        holder = _holders(connection, _ADVISORY) or "someone who has just left"
        name = holder.partition(",")[0]
        if name != said:
            patience.progress(f"another migration or reset is running: {holder}")
        said = name
    raise _held(patience, holder)


def is_locked(problem: BaseException) -> bool:
    """Whether a statement waited too long for a lock. Takes SQLAlchemy's wrappers too."""
    return isinstance(getattr(problem, "orig", problem), psycopg.errors.LockNotAvailable)


def lock_holders(connection: psycopg.Connection, patience: WaitPolicy) -> DevkitError:
    """The error for a lock in the database itself (Alembic's own, or a table's) that did not come free."""
    return _held(patience, _holders(connection, _ANY) or "it has just been released: try again")


@contextmanager
def lock_timeout(seconds: float) -> Iterator[None]:
    """No statement that SQLAlchemy sends meanwhile waits longer for a lock. Works behind poolers, unlike `options`."""
    from sqlalchemy import Engine, event

    def limit(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"set lock_timeout = {max(1, int(seconds * 1000))}")
            cursor.execute("set client_encoding = 'UTF8'")
        connection.commit()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def _held(patience: WaitPolicy, holder: str) -> DevkitError:
    return DevkitError(
        f"waited {patience.lock_seconds:.0f} s for a lock in the database: {holder}",
        fix="wait for it, or end it: select pg_terminate_backend(PID)",
    )


def _holders(connection: psycopg.Connection, which: str) -> str:
    """`held by pid 71 (psql on 10.0.0.3), idle in transaction, for 42 s`, the longest first, at most three."""
    query = f"""
        select a.pid, a.application_name, a.client_addr, a.state,
               extract(epoch from clock_timestamp() - min(coalesce(a.xact_start, a.backend_start)))::int
        from pg_locks l join pg_stat_activity a using (pid)
        where l.granted and a.pid <> pg_backend_pid() and {which}
        group by 1, 2, 3, 4 order by 5 desc limit 3
    """
    rows = connection.execute(query.encode(), {"key": _KEY}).fetchall()
    return "; ".join(
        f"held by pid {pid} ({name or f'unnamed, from {client}'}), {state or 'at work'}, for {age} s"
        for pid, name, client, state, age in rows
    )
