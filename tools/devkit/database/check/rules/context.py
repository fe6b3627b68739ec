"""A statement as the rules see it: what it did to what was there before the migrations that are deployed with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devkit.database.check.model import Violation, shortened
from devkit.database.check.record import Step
from devkit.database.check.rules.types import is_wider
from devkit.database.check.run import Migrated
from devkit.database.check.schema import Relation
from devkit.database.check.statements import part_about
from devkit.findings.model import Place

__all__ = ["Context"]

_TABLES = frozenset("rpmf")


@dataclass(frozen=True)
class Context:
    """`made` and `made_columns` are what those migrations made themselves, up to this statement."""

    migration: Migrated
    step: Step
    made: frozenset[int]
    made_columns: frozenset[tuple[int, int]]

    def is_old(self, relation: int) -> bool:
        """Whether a relation was there before, with rows in it as far as anybody knows."""
        return relation in self.step.before.relations and relation not in self.made

    @property
    def old_tables(self) -> list[Relation]:
        """The tables that were there before, as they are called before this statement."""
        return [
            each
            for each in self.step.before.relations.values()
            if each.kind in _TABLES and self.is_old(each.id)
        ]

    def told(self, words: str, name: str) -> bool:
        """Whether the server said of itself that it does something with a relation or a constraint of that name."""
        return f'{words} "{name}"' in self.step.told

    def scanned(self, table: Relation) -> bool:
        """Whether it read all rows of a table to see that they fit, other than to validate a constraint, beside which others go
        on reading and writing."""
        before, after = self.step.before.constraints, self.step.after
        names = {table.name, after.relations.get(table.id, table).name}
        scans = sum(self.step.told.count(f'verifying table "{name}"') for name in names)
        validated = sum(
            constraint.validated and id in before and not before[id].validated
            for id, constraint in after.constraints.items()
            if (constraint.relation, constraint.kind) == (table.id, "c")
        )
        return scans > validated or self.rewritten(table)

    def rewritten(self, table: Relation) -> bool:
        """Whether it wrote all rows of a table anew."""
        after = self.step.after.relations.get(table.id)
        return after is not None and after.file != table.file and not self.emptied

    def retyped(self, table: Relation) -> bool:
        """Whether a column of a table has another type now; what depends on it is made anew then, under the same names."""
        return any(True for _ in self._retyped(table))

    def misfits(self, table: Relation) -> bool:
        """Whether such a type is another one to code, or takes a rewrite: `retype-column`, which covers all that goes with it."""
        return self.retyped(table) and (
            self.rewritten(table) or not all(is_wider(old, new) for old, new in self._retyped(table))
        )

    def _retyped(self, table: Relation) -> Iterator[tuple[str, str]]:
        after = self.step.after.columns
        for key, column in self.step.before.columns.items():
            if key[0] == table.id and key in after and after[key].type != column.type:
                yield column.type, after[key].type

    @property
    def emptied(self) -> bool:
        """Whether it is a TRUNCATE."""
        return re.search(r"\btruncate\b", self.step.statement, re.IGNORECASE) is not None

    def violation(self, rule: str, names: Iterable[str], does: str, fix: str, dropped: str = "") -> Violation:
        """A violation by this statement; `names` find it among others of the same text."""
        statement = shortened(part_about(self.step.statement, *names))
        place = Place(self.migration.file, self.step.line, 1)
        return Violation(rule, place, f"`{statement}` {does}", fix, dropped=dropped)
