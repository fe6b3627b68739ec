"""What was seen of a migration under traffic → which lock each statement held on which table, and who waited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devkit.database.check.measuring.clock import Sent
from devkit.database.check.measuring.traffic import Sighting, Traffic
from devkit.database.check.rules.waiting import BLOCKING
from devkit.database.check.schema import Relation, Schema

__all__ = ["MODES", "Held", "held_locks"]

MODES = (
    "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
"""Locks on tables, as pg_locks calls them, the strongest last."""
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


@dataclass(frozen=True)
class _Lock:
    """A lock that a statement took, until when."""

    statement: Sent
    relation: int
    mode: str
    until: float

    def shuts_out(self, other: _Lock) -> bool:
        """Whether nobody waits for the other lock because this one was there before, and is stronger."""
        if self.relation != other.relation or self.until < other.until or self.mode not in BLOCKING:
            return False
        return MODES.index(self.mode) >= MODES.index(other.mode)


def held_locks(
    file: str, sent: Sequence[Sent], seen: Traffic, schema: Schema, ended: float
) -> Iterator[Held]:
    """The locks of the statements in `sent`, a migration's; `ended` is when its last transaction was over."""
    locked: list[_Lock] = []
    for place, statement in enumerate(sent):
        if not statement.line:
            continue
        for relation in sorted(_relations(statement, seen) & schema.relations.keys()):
            table = schema.relations[relation]
            if table.kind in "rpm" and (lock := _lock(sent, place, relation, seen, ended)):
                already = next((each for each in locked if each.shuts_out(lock)), None)
                yield _as_held(file, sent, table, lock, already, seen)
                locked.append(lock)


def _relations(statement: Sent, seen: Traffic) -> set[int]:
    if statement.outside:  # it holds nothing any more when it is done
        return {each.relation for each in seen.locks if _meet(each, statement)}
    return {relation for relation, _ in statement.gained}


def _lock(sent: Sequence[Sent], place: int, relation: int, seen: Traffic, ended: float) -> _Lock | None:
    """The strongest lock that a statement took on a relation."""
    statement = sent[place]
    if statement.outside:
        sightings = [
            s for s in seen.locks if s.relation == relation and s.mode in MODES and _meet(s, statement)
        ]
        if not sightings:
            return None
        strongest = max(sightings, key=lambda each: MODES.index(each.mode))
        return _Lock(statement, relation, strongest.mode, min(strongest.ended, statement.ended))
    modes = [mode for of, mode in statement.gained if of == relation and mode in MODES]
    if not modes:
        return None
    mode = max(modes, key=MODES.index)
    until = ended
    for before, following in zip(sent[place:], sent[place + 1 :], strict=False):
        if following.before is not None and (relation, mode) not in following.before:
            until = before.ended  # a commit came in between
            break
    return _Lock(statement, relation, mode, until)


def _meet(sighting: Sighting, statement: Sent) -> bool:
    return sighting.began <= statement.ended and sighting.ended >= statement.began


def _as_held(
    file: str, sent: Sequence[Sent], table: Relation, lock: _Lock, already: _Lock | None, seen: Traffic
) -> Held:  # fmt: skip
    statement, began = lock.statement, lock.statement.began

    def waited(writes: bool) -> float:
        if already or not (writes or lock.mode == MODES[-1]):
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
        file, statement.line, statement.statement, table.shown, _WORDS[lock.mode],
        lock.mode in BLOCKING and already is None, max(0.0, lock.until - began), waited(writes=False), waited(writes=True),
        "" if same else longest.statement, 0 if same else longest.line, already.statement.line if already else 0,
    )  # fmt: skip
