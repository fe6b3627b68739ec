"""The rules, and what a migration is found to do against one."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.findings.model import Place, Severity

__all__ = ["RULES", "Violation", "shortened"]

RULES = {
    "fails": "every migration runs",
    "drop-table": "no table is dropped that running code may use",
    "drop-column": "no column is dropped that running code may use",
    "drop-view": "no view is dropped that running code may use",
    "drop-function": "no function is dropped that running code may call",
    "rename-table": "no table is renamed under running code",
    "rename-column": "no column is renamed under running code",
    "rename-value": "no value of an enum is renamed under running code",
    "retype-column": "no column changes to a type that running code does not expect",
    "required-column": "no column is added that running code's inserts would have to name",
    "not-null": "NOT NULL is set without a scan under ACCESS EXCLUSIVE",
    "check-constraint": "CHECK is added NOT VALID, and validated later",
    "foreign-key": "a foreign key is added NOT VALID, and validated later",
    "unique-constraint": "a unique constraint takes an index that was built before",
    "validate": "a constraint is validated in a transaction of its own",
    "create-index": "an index is created CONCURRENTLY",
    "drop-index": "an index is dropped CONCURRENTLY",
    "reindex": "an index is rebuilt CONCURRENTLY",
    "rewrite": "no table is rewritten while nobody else may use it",
    "scan": "no table is scanned while nobody else may use it",
    "truncate": "no table is emptied that running code may use",
    "backfill": "rows are changed in batches",
    "lock-timeout": "a lock that others have to wait for is asked for with a lock_timeout",
    "squawk": "squawk finds nothing more",
    "held": "no lock that others wait for is held for long",
    "allow": "every allow comment names a rule, gives a reason and is needed",
}
"""The rules by name, and what is true when one holds."""

_SHORT = 100


@dataclass(frozen=True, slots=True)
class Violation:
    """What a statement does against `rule`: `place` is the line of the migration that sent it, `message` says what it does
    and what that does to the code that still runs, `fix` the way to do it instead. `part` is squawk's own rule.
    What is only worth knowing is a note. `dropped` is the name by which code would know what is gone."""

    rule: str
    place: Place
    message: str
    fix: str
    part: str = ""
    severity: Severity = Severity.ERROR
    dropped: str = ""

    @property
    def name(self) -> str:
        """What an allow comment calls it."""
        return self.part or self.rule


def shortened(statement: str) -> str:
    """A statement on one line, of a length that can be read."""
    line = " ".join(statement.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 2]} …"
