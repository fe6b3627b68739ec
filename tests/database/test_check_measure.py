"""`devkit db check --measure`: tables filled with rows, and who waits for which lock, on a real server under traffic.

A migration here waits in its own transaction until others wait for it, so that nothing depends on how fast this machine is.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from devkit.database.check.checks import examine
from devkit.database.check.measuring.fill import Filler
from devkit.database.check.measuring.measure import Measured, measure
from devkit.database.check.measuring.violations import violations_of
from devkit.database.check.scratch import ScratchServer
from devkit.database.check.since import Selection
from devkit.database.history import History
from devkit.findings.model import Severity

from tests.database.test_check_known import write
from tests.support.polling import PATIENCE

ROWS = 50_000
BASE = """
    op.execute('''
        create table customers (id bigint generated always as identity primary key, email varchar(80) not null unique);
        create table orders (id bigint generated always as identity primary key, customer bigint not null references customers,
          words int not null);
        create table codes (code text primary key check (code ~ '^[A-Z]{3}$'))
    ''')
"""


def measured(server: ScratchServer, folder: Path, rows: int = ROWS) -> Measured:
    history = History(folder)
    found = examine(server, folder, history, Selection(history.line(history.head)[1:], True, ""))
    return measure(server, history, found.migrated, rows)


def test_a_lock_with_those_who_wait_for_it(server: ScratchServer, tmp_path: Path) -> None:
    """The statement that takes it is named, and the one that lets it last."""
    waits = _until("table", 2)
    body = f'{waits}\nop.add_column("orders", sa.Column("note", sa.Text()))\nuntil_waiting()\n'
    body += 'op.execute("update orders set words = words + 1")'
    found = measured(server, write(tmp_path / "migrations", BASE, body))
    (adds, updates) = [held for held in found.held if held.table == "orders"]
    assert (found.failed, found.unfilled) == ({}, [])
    assert adds.statement == "ALTER TABLE orders ADD COLUMN note TEXT"
    assert (adds.lock, adds.blocks, adds.already) == ("ACCESS EXCLUSIVE", True, 0)
    assert 0 < adds.reader <= adds.seconds + 1
    assert adds.writer > 0
    assert (updates.lock, updates.blocks, updates.already) == ("ROW EXCLUSIVE", False, adds.line)
    errors = [each for each in violations_of(found, 0.0) if each.severity is Severity.ERROR]
    assert [(each.rule, each.place.line) for each in errors] == [("held", adds.line)]
    assert "held ACCESS EXCLUSIVE on orders for " in errors[0].message
    assert all(each.severity is Severity.NOTE for each in violations_of(found, PATIENCE * 10))


def test_rows_that_a_writer_waits_for(server: ScratchServer, tmp_path: Path) -> None:
    """Nobody waits for the table: readers go on."""
    body = f'{_until("row", 1)}\nop.execute("update orders set words = words + 1")\nuntil_waiting()'
    (held,) = measured(server, write(tmp_path / "migrations", BASE, body)).held
    assert (held.table, held.lock, held.blocks, held.reader) == ("orders", "ROW EXCLUSIVE", False, 0)
    assert held.writer > 0


def test_an_index_locks_out_writers_and_one_made_concurrently_nobody(
    server: ScratchServer, tmp_path: Path
) -> None:
    body = f'{_until("table", 1)}\nop.create_index("ix", "orders", ["words"])\nuntil_waiting()'
    body += '\nwith op.get_context().autocommit_block():\n    op.create_index("ix_2", "orders", ["words"], postgresql_concurrently=True)'
    first, *others = measured(server, write(tmp_path / "migrations", BASE, body)).held
    assert (first.lock, first.reader) == ("SHARE", 0)
    assert first.writer > 0
    assert not any(held.blocks for held in others)


def test_what_cannot_be_measured_is_told(server: ScratchServer, tmp_path: Path) -> None:
    body = 'op.add_column("codes", sa.Column("a", sa.Text()))\nop.execute("alter table customers alter email type int using email::int")'
    found = measured(server, write(tmp_path / "migrations", BASE, body), 100)
    ((file, table, reason),) = found.unfilled
    assert (file, table) == ("versions/0002.py", "codes")
    assert "violates check constraint" in reason
    ((place, said),) = found.failed.items()
    assert place == ("versions/0002.py", 9)
    assert "invalid input syntax for type integer" in said
    assert [each.severity for each in violations_of(found, 1)][-2:] == [Severity.WARNING] * 2


_MANY = """
    create domain amount as numeric(10, 2) check (value >= 0);
    create type mood as enum ('calm', 'busy');
    create table parents (id uuid primary key, name varchar(12) not null unique);
    create table rich (
      id serial primary key, parent uuid not null references parents, own uuid not null unique references parents,
      self int references rich, mood mood not null, price amount not null, currency char(3) not null check (length(currency) = 3),
      kind text not null check (kind in ('small', 'large')), size smallint not null check (size between 1 and 9),
      email varchar(20) not null unique, at timestamptz not null, day date not null, span tstzrange not null,
      tags text[] not null, body bytea not null, data jsonb not null, ip inet not null, total numeric(20, 4) not null unique,
      twice numeric generated always as (total * 2) stored, state text not null default 'new' check (state in ('new', 'old')),
      flag boolean not null, ratio double precision not null, took interval not null, note text,
      constraint both_or_none check ((note is null) = (self is null))
    );
"""


def test_a_table_of_every_kind_is_filled(server: ScratchServer) -> None:
    """What it refers to as well; twice is as once, and more rows are added to those that are there."""
    with psycopg.connect(server.create(), autocommit=True) as connection:
        connection.execute(_MANY)
        filler = Filler(connection, 3_000)
        oids = connection.execute(
            "select 'rich'::regclass::oid::int, 'parents'::regclass::oid::int"
        ).fetchone()
        assert oids
        table, parents = oids
        filler.fill(parents, 10)
        filler.fill(table)
        filler.fill(table)
        assert filler.unfilled == {}
        counts = [
            connection.execute(f"select count(*) from {name}".encode()).fetchone()
            for name in ("rich", "parents")
        ]
        assert counts == [(3_000,), (3_000,)]
        missing = "select count(*) from rich r where not exists (select from parents p where p.id in (r.own, r.parent))"
        assert connection.execute(missing).fetchone() == (0,)
        assert connection.execute("show session_replication_role").fetchone() == ("origin",)


def _until(kind: str, count: int) -> str:
    """Code for a migration: `until_waiting()` returns once so many sessions wait for a lock on orders, or for a row."""
    where = "relation = 'orders'::regclass" if kind == "table" else "locktype in ('transactionid', 'tuple')"
    return f"""
import time

def until_waiting():
    query = sa.text("select count(distinct pid) from pg_locks where not granted and {where}")
    if not op.get_bind().execute(sa.text("select exists (select from orders)")).scalar():
        return  # not measured yet
    for _ in range({int(PATIENCE * 50)}):
        if op.get_bind().execute(query).scalar() >= {count}:
            return
        time.sleep(0.02)
    raise TimeoutError("nobody waits")
"""
