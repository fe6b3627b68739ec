"""Each migration on filled tables, step by step, under traffic: its locks, how long they were held, and who waited."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from devkit.database.check.listening import observed
from devkit.database.check.measuring.clock import Clock
from devkit.database.check.measuring.columns import columns_of
from devkit.database.check.measuring.fill import Filler
from devkit.database.check.measuring.held import MODES, Held, held_locks
from devkit.database.check.measuring.traffic import traffic
from devkit.database.check.record import Step
from devkit.database.check.run import Migrated, database_of, failure, schema_of, upgrade
from devkit.database.check.schema import Relation, Schema
from devkit.database.check.scratch import ScratchServer
from devkit.database.history import History
from devkit.database.server import connect

__all__ = ["Measured", "measure"]


@dataclass
class Measured:
    """`unfilled`: for which migration which table has no rows, and why. `failed` says of a migration (file and line) why it could
    not be measured."""

    held: list[Held] = field(default_factory=list)
    unfilled: list[tuple[str, str, str]] = field(default_factory=list)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)


def measure(
    server: ScratchServer,
    history: History,
    migrated: Sequence[Migrated],
    rows: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Runs migrations again, those before them too, each after the tables that it touches were filled.

    Raises DevkitError for a migration before them that fails.
    """
    found = Measured()
    url = server.create()
    to_do = {each.revision.id: each for each in migrated if not each.failed}
    last = [each.revision.id for each in migrated][-1:]
    with database_of(url), connect(url, "db check", autocommit=True) as connection:
        filler = Filler(connection, rows, progress)
        for revision in history.line(last[0]) if last else ():
            migration = to_do.get(revision.id)
            if migration is None:
                upgrade(history, revision)
                continue
            schema = schema_of(connection)
            named = {each.shown: each for each in schema.relations.values()}
            there = [name for name in _touched(migration) if name in named]
            known = len(filler.unfilled)
            for name in there:
                filler.fill(named[name].id)
            found.unfilled += [(migration.file, *each) for each in list(filler.unfilled.items())[known:]]
            progress(f"running {revision.file} on {len(there)} filled tables")
            tables = [(named[name].id, *_for_traffic(connection, named[name])) for name in there]
            _run(url, history, migration, schema, tables, found)
            if found.failed:
                break
    server.drop(url)
    return found


def _run(
    url: str,
    history: History,
    migration: Migrated,
    schema: Schema,
    tables: Sequence[tuple[int, str, str | None]],
    found: Measured,
) -> None:
    clock = Clock(migration.path)
    with traffic(url, tables) as seen:
        try:
            with observed(clock):
                history.upgrade(migration.revision.id)
        except (Exception, SystemExit) as problem:
            line, reason = failure(migration.path, problem)
            found.failed[migration.file, line] = reason
        ended = time.monotonic()
        time.sleep(0.1)  # those who waited get their turn, and the last look sees that nothing is held
    found.held += held_locks(migration.file, clock.sent, seen, schema, ended)


def _touched(migration: Migrated) -> list[str]:
    """The tables that were there before and that it locks or changes, as they are called then."""
    before = migration.before.relations
    numbers: dict[int, None] = {}
    for step in migration.steps:
        numbers |= dict.fromkeys(_touched_by(step))
    return [before[number].shown for number in numbers if number in before and before[number].kind in "rp"]


def _touched_by(step: Step) -> Iterator[int]:
    yield from sorted(relation for relation, mode in step.gained if mode in MODES)
    indexes = {**step.before.indexes, **step.after.indexes}
    for id in indexes.keys() - (step.before.indexes.keys() & step.after.indexes.keys()):
        yield indexes[id].relation
    for change in step.changes:
        if relation := step.before.named(change.schema, change.name):
            yield relation.id


def _for_traffic(connection: psycopg.Connection, table: Relation) -> tuple[str, str | None]:
    """A table's name as SQL, and a column that can be written; None where there is none."""
    name = sql.SQL(".").join([sql.Identifier(table.schema), sql.Identifier(table.name)]).as_string(None)
    return name, next((column.name for column in columns_of(connection, table.id) if not column.fixed), None)
