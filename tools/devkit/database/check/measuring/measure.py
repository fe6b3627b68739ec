"""Each migration on filled tables, step by step, under traffic: its locks, how long they were held, and who waited."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from devkit.database.check.measuring.columns import columns_of
from devkit.database.check.measuring.fill import Filler
from devkit.database.check.measuring.traffic import Sighting, Traffic, traffic
from devkit.database.check.record import SETTING, Session, Step, observed
from devkit.database.check.rules.waiting import BLOCKING
from devkit.database.check.run import Migrated, database_of, failure, schema_of, upgrade
from devkit.database.check.schema import Relation, Schema
from devkit.database.check.scratch import ScratchServer
from devkit.database.history import History
from devkit.database.server import connect

__all__ = ["Held", "Measured", "measure"]

# The strongest last.
_MODES = (
    "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
_WORDS = {
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
} | BLOCKING


@dataclass(frozen=True)
class Held:
    """What a statement at `line` of `file` held on `table`: its strongest lock there, for how many seconds, until its
    transaction ended; and how long at most a reader and a writer waited meanwhile. `blocks`: writers at least have to wait.
    `longest` is the statement that took longest while the lock was held, where that is another one; `already` the line of one
    that had locked the table as strongly before."""

    file: str
    line: int
    statement: str
    table: str
    lock: str
    blocks: bool
    seconds: float
    reader: float
    writer: float
    longest: str = ""
    longest_line: int = 0
    already: int = 0


@dataclass
class Measured:
    """`unfilled`: for which migration which table has no rows, and why. `failed` says of a migration (file and line) why it could
    not be measured."""

    held: list[Held] = field(default_factory=list)
    unfilled: list[tuple[str, str, str]] = field(default_factory=list)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass
class _Sent:
    """A statement, from when to when, with the locks that its session had before and after it; None: not looked at."""

    statement: str
    line: int
    before: frozenset[tuple[int, str]] | None
    outside: bool
    began: float
    ended: float = 0.0
    after: frozenset[tuple[int, str]] | None = None

    @property
    def gained(self) -> frozenset[tuple[int, str]]:
        return frozenset() if self.before is None or self.after is None else self.after - self.before


_LOCKS = """
select coalesce(json_agg(json_build_array(l.relation::bigint, l.mode)), '[]')::text from pg_locks l
where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384
"""


@dataclass
class _Clock:
    """Notes when each statement was sent and done."""

    file: Path
    sent: list[_Sent] = field(default_factory=list)

    def began(self, session: Session, statement: str, line: int, /) -> None:
        before = None if SETTING.match(statement) else _locks(session)
        self.sent.append(_Sent(statement, line, before, session.outside, time.monotonic()))

    def ended(self, session: Session, _statement: str, _line: int, /) -> None:
        self.sent[-1].ended = time.monotonic()
        self.sent[-1].after = _locks(session)

    def failed(self, _session: Session, /) -> None:
        self.sent[-1].ended = time.monotonic()


def _locks(session: Session) -> frozenset[tuple[int, str]]:
    return frozenset((relation, mode) for relation, mode in json.loads(session.ask(_LOCKS)))


@dataclass(frozen=True)
class _Lock:
    """A lock that a statement took, until when."""

    statement: _Sent
    relation: int
    mode: str
    until: float

    def shuts_out(self, other: _Lock) -> bool:
        """Whether nobody waits for the other lock because this one was there before, and is stronger."""
        if self.relation != other.relation or self.until < other.until or self.mode not in BLOCKING:
            return False
        return _MODES.index(self.mode) >= _MODES.index(other.mode)


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
    clock = _Clock(migration.path)
    with traffic(url, tables) as seen:
        try:
            with observed(clock):
                history.upgrade(migration.revision.id)
        except (Exception, SystemExit) as problem:
            line, reason = failure(migration.path, problem)
            found.failed[migration.file, line] = reason
        ended = time.monotonic()
        time.sleep(0.1)  # those who waited get their turn, and the last look sees that nothing is held
    found.held += _held(migration, clock.sent, seen, schema, ended)


def _held(
    migration: Migrated, sent: Sequence[_Sent], seen: Traffic, schema: Schema, ended: float
) -> Iterator[Held]:
    locked: list[_Lock] = []
    for place, statement in enumerate(sent):
        if not statement.line:
            continue
        for relation in sorted(_relations(statement, seen) & schema.relations.keys()):
            table = schema.relations[relation]
            if table.kind in "rpm" and (lock := _lock(sent, place, relation, seen, ended)):
                already = next((each for each in locked if each.shuts_out(lock)), None)
                yield _as_held(migration, sent, table, lock, already, seen)
                locked.append(lock)


def _relations(statement: _Sent, seen: Traffic) -> set[int]:
    if statement.outside:  # it holds nothing any more when it is done
        return {each.relation for each in seen.locks if _meet(each, statement)}
    return {relation for relation, _ in statement.gained}


def _lock(sent: Sequence[_Sent], place: int, relation: int, seen: Traffic, ended: float) -> _Lock | None:
    """The strongest lock that a statement took on a relation."""
    statement = sent[place]
    if statement.outside:
        sightings = [
            s for s in seen.locks if s.relation == relation and s.mode in _MODES and _meet(s, statement)
        ]
        if not sightings:
            return None
        strongest = max(sightings, key=lambda each: _MODES.index(each.mode))
        return _Lock(statement, relation, strongest.mode, min(strongest.ended, statement.ended))
    modes = [mode for of, mode in statement.gained if of == relation and mode in _MODES]
    if not modes:
        return None
    mode = max(modes, key=_MODES.index)
    until = ended
    for before, following in zip(sent[place:], sent[place + 1 :], strict=False):
        if following.before is not None and (relation, mode) not in following.before:
            until = before.ended  # a commit came in between
            break
    return _Lock(statement, relation, mode, until)


def _meet(sighting: Sighting, statement: _Sent) -> bool:
    return sighting.began <= statement.ended and sighting.ended >= statement.began


def _as_held(
    migration: Migrated, sent: Sequence[_Sent], table: Relation, lock: _Lock, already: _Lock | None, seen: Traffic
) -> Held:  # fmt: skip
    statement, began = lock.statement, lock.statement.began

    def waited(writes: bool) -> float:
        if already or not (writes or lock.mode == _MODES[-1]):
            return 0.0
        about = (r for r in seen.requests if (r.relation, r.writes) == (table.id, writes))
        return max(
            (r.ended - max(r.began, began) for r in about if r.began < lock.until and r.ended > began),
            default=0.0,
        )

    meanwhile = [each for each in sent if each.line and each.began < lock.until and each.ended > began]
    longest = max(meanwhile, key=lambda each: each.ended - each.began, default=statement)
    same = longest is statement
    return Held(
        migration.file, statement.line, statement.statement, table.shown, _WORDS[lock.mode],
        lock.mode in BLOCKING and already is None, max(0.0, lock.until - began), waited(writes=False), waited(writes=True),
        "" if same else longest.statement, 0 if same else longest.line, already.statement.line if already else 0,
    )  # fmt: skip


def _touched(migration: Migrated) -> list[str]:
    """The tables that were there before and that it locks or changes, as they are called then."""
    before = migration.before.relations
    numbers: dict[int, None] = {}
    for step in migration.steps:
        numbers |= dict.fromkeys(_touched_by(step))
    return [before[number].shown for number in numbers if number in before and before[number].kind in "rp"]


def _touched_by(step: Step) -> Iterator[int]:
    yield from sorted(relation for relation, mode in step.gained if mode in _MODES)
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
