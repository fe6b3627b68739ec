"""Steps of migrations → what hurts: the rules, applied to what the statements did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from devkit.database.check.model import Violation
from devkit.database.check.record import Step
from devkit.database.check.rules import compatibility, constraints, indexes, rows, waiting
from devkit.database.check.rules.context import Context
from devkit.database.check.run import Migrated
from devkit.findings.model import Place

__all__ = ["judge"]


@dataclass
class _Made:
    """What the migrations that are deployed together made themselves: nothing that runs uses it yet."""

    objects: set[int] = field(default_factory=set)
    columns: set[tuple[int, int]] = field(default_factory=set)

    def add(self, step: Step) -> None:
        before, after = step.before, step.after
        for kind in ("relations", "indexes", "values", "functions", "constraints"):
            self.objects |= getattr(after, kind).keys() - getattr(before, kind).keys()
        self.columns |= after.columns.keys() - before.columns.keys()


def judge(migrated: Sequence[Migrated], *, together: bool) -> list[Violation]:
    """What the migrations do to the code that runs before them, in the order of their statements."""
    found: list[Violation] = []
    made = _Made()
    for migration in migrated:
        if not together:
            made = _Made()
        found += _of(migration, made)
    return list(dict.fromkeys(found))


def _of(migration: Migrated, made: _Made) -> Iterator[Violation]:
    waited = False
    for step in migration.steps:
        context = Context(migration, step, frozenset(made.objects), frozenset(made.columns))
        for rule in (compatibility, constraints, indexes, rows):
            yield from rule.violations(context)
        if not waited:
            for violation in waiting.violations(context):
                waited = True  # one statement without a lock_timeout stands for all that follow it
                yield violation
        made.add(step)
    if migration.failed:
        line, reason = migration.failed
        concurrently = "transaction block" in reason
        fix = (
            "with op.get_context().autocommit_block(): around it"
            if concurrently
            else "fix it; what comes after it was not checked"
        )
        yield Violation("fails", Place(migration.file, line, 1 if line else 0), f"it fails: {reason}", fix)
