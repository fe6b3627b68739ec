"""Locks that are waited for: whoever comes after the one who waits, waits too."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context
from devkit.database.check.statements import split

__all__ = ["BLOCKING", "violations"]

BLOCKING = {
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ShareLock": "SHARE",
}
"""The locks that those who write, or even read, have to wait for: the mode in pg_locks, and as SQL calls it."""

_MOST = 60_000  # ms


def violations(context: Context) -> Iterator[Violation]:
    """A blocking lock on a table that was there before, asked for without a limit."""
    before, limit = context.step.before, _limit(context)
    if 0 < limit <= _MOST:
        return
    for relation, mode in sorted(context.step.gained):
        if mode in BLOCKING and context.is_old(relation):
            table = before.relations[relation]
            how = "with a lock_timeout of more than a minute" if limit else "without a lock_timeout"
            does = f"asks for {BLOCKING[mode]} on {table.shown} {how}: it waits behind a long query, and all others behind it"
            fix = "SET lock_timeout = '5s' before it, best in env.py for all; on its error run the migration again"
            yield context.violation("lock-timeout", (table.name,), does, fix)
            return


def _limit(context: Context) -> int:
    """The lock_timeout that a statement had, in ms; of several in one text, what the first of them sets."""
    step = context.step
    first = split(step.statement)[:1]
    sets = any("lock_timeout" in each.lower() for each in first)
    return step.after.lock_timeout if sets else step.before.lock_timeout
