"""Constraints: what scans a table while others wait for it."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context
from devkit.database.check.rules.waiting import BLOCKING
from devkit.database.check.schema import Constraint, Relation

__all__ = ["violations"]


def violations(context: Context) -> Iterator[Violation]:
    """NOT NULL, CHECK, foreign keys, unique and exclusion constraints; what scans or rewrites a table for another reason."""
    explained: set[int] = set()
    for table, violation in (*_added(context), *_not_null(context)):
        explained.add(table.id)
        yield violation
    yield from _validated(context)
    yield from _for_other_reasons(context, explained)


def _added(context: Context) -> Iterator[tuple[Relation, Violation]]:
    before, after = context.step.before, context.step.after
    for id, constraint in after.constraints.items():
        table = before.relations.get(constraint.relation)
        if id in before.constraints or table is None or not context.is_old(table.id):
            continue
        if _is_made_anew(context, table, constraint):
            continue
        if found := _about(context, table, constraint):
            yield table, found


def _is_made_anew(context: Context, table: Relation, constraint: Constraint) -> bool:
    """Whether Postgres dropped it and made it again because a column got another type. Its index may be taken over as it is."""
    before, after = context.step.before, context.step.after
    same = (constraint.relation, constraint.name, constraint.kind)
    if not any((each.relation, each.name, each.kind) == same for each in before.constraints.values()):
        return False
    if context.misfits(table) or (context.retyped(table) and constraint.kind not in "upx"):
        return True
    files = {index.file for index in before.indexes.values()}
    return constraint.index in after.indexes and after.indexes[constraint.index].file in files


def _about(context: Context, table: Relation, constraint: Constraint) -> Violation | None:
    names = (table.name, constraint.name)
    if constraint.kind == "c" and constraint.validated and context.scanned(table):
        does = f"scans {table.shown} under ACCESS EXCLUSIVE: everybody waits who reads or writes it"
        fix = f"ADD CONSTRAINT … NOT VALID here; ALTER TABLE {table.shown} VALIDATE CONSTRAINT {constraint.name} in the next migration"
        return context.violation("check-constraint", names, does, fix)
    if (
        constraint.kind == "f"
        and constraint.validated
        and context.told("validating foreign key constraint", constraint.name)
    ):
        does = f"scans {table.shown} under SHARE ROW EXCLUSIVE on both tables: nobody writes either meanwhile"
        fix = (
            "op.create_foreign_key(…, postgresql_not_valid=True) here; "
            f"ALTER TABLE {table.shown} VALIDATE CONSTRAINT {constraint.name} in the next migration"
        )
        return context.violation("foreign-key", names, does, fix)
    if constraint.kind in "up" and constraint.index not in context.step.before.indexes:
        what = "PRIMARY KEY" if constraint.kind == "p" else "UNIQUE"
        does = f"builds an index over {table.shown} under ACCESS EXCLUSIVE: everybody waits who reads or writes it"
        fix = f"CREATE UNIQUE INDEX CONCURRENTLY before, then ADD CONSTRAINT … {what} USING INDEX"
        return context.violation("unique-constraint", names, does, fix)
    if constraint.kind == "x":
        does = f"builds an index over {table.shown} under ACCESS EXCLUSIVE: everybody waits who reads or writes it"
        fix = "there is no way without: plan a maintenance window, and say so: # db: allow unique-constraint: when"
        return context.violation("unique-constraint", names, does, fix)
    return None


def _not_null(context: Context) -> Iterator[tuple[Relation, Violation]]:
    before, after = context.step.before, context.step.after
    for key, column in after.columns.items():
        was, table = before.columns.get(key), before.relations.get(column.relation)
        if was is None or table is None or was.not_null or not column.not_null:
            continue
        if context.is_old(table.id) and context.scanned(table):
            does = f"scans {table.shown} under ACCESS EXCLUSIVE, and running code that still writes NULL into {column.name} fails"
            fix = (
                f"ADD CONSTRAINT … CHECK ({column.name} IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next migration, then "
                "SET NOT NULL, which takes the constraint's word for it, and drop the constraint"
            )
            yield table, context.violation("not-null", (table.name, column.name), does, fix)


def _validated(context: Context) -> Iterator[Violation]:
    before, after = context.step.before, context.step.after
    for id, constraint in after.constraints.items():
        was, table = before.constraints.get(id), after.relations.get(constraint.relation)
        if (
            was is None
            or was.validated
            or not constraint.validated
            or table is None
            or not context.is_old(table.id)
        ):
            continue
        held = [shown for mode, shown in BLOCKING.items() if (table.id, mode) in context.step.held]
        if held:
            does = (
                f"scans {table.shown} while this transaction holds {held[0]} on it since a statement before"
            )
            fix = (
                "validate in a migration of its own, or after the other statements' commit (autocommit_block)"
            )
            yield context.violation("validate", (table.name, constraint.name), does, fix)


def _for_other_reasons(context: Context, explained: set[int]) -> Iterator[Violation]:
    """Rewrites and scans that no constraint and no new type explains."""
    before, after = context.step.before, context.step.after
    for table in context.old_tables:
        if table.id in explained or table.id not in after.relations or table.kind == "f":
            continue
        retyped = context.misfits(table)
        required = any(
            column.required and key not in before.columns
            for key, column in after.columns.items()
            if key[0] == table.id
        )
        if context.emptied and after.relations[table.id].file != table.file:
            does = f"deletes all rows of {table.shown} under ACCESS EXCLUSIVE: running code finds nothing any more"
            fix = "delete in batches what is no longer needed; or say why: # db: allow truncate: reason"
            yield context.violation("truncate", (table.name,), does, fix)
        elif context.rewritten(table) and not retyped:
            does = f"writes all of {table.shown} anew under ACCESS EXCLUSIVE: everybody waits who reads or writes it"
            fix = (
                "REFRESH MATERIALIZED VIEW CONCURRENTLY, outside a transaction"
                if table.kind == "m"
                else "a constant default needs no rewrite; for any other add the column without one, SET DEFAULT, and fill the rows in batches"
            )
            yield context.violation("rewrite", (table.name,), does, fix)
        elif context.scanned(table) and not retyped and not required:
            does = f"scans {table.shown} under ACCESS EXCLUSIVE: everybody waits who reads or writes it"
            fix = (
                "a CHECK is verified again: drop it in the same statement, and add it NOT VALID"
                if context.retyped(table)
                else "add a CHECK that says the same, NOT VALID, and validate it before: the scan is left out then"
            )
            yield context.violation("scan", (table.name,), does, fix)
