"""What code that still runs can no longer do: read, write or call what it knows by a name."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context
from devkit.database.check.rules.types import is_wider
from devkit.database.check.schema import Column, Relation

__all__ = ["violations"]

_CONTRACT = (
    "first deploy code that no longer uses it; drop it in a later release, with the comment "
    "# db: allow {rule}: which release stopped using it"
)


def violations(context: Context) -> Iterator[Violation]:
    """Dropped, renamed and retyped; columns that inserts would have to name."""
    yield from _relations(context)
    yield from _columns(context)
    yield from _required(context)
    yield from _values(context)
    yield from _functions(context)


def _relations(context: Context) -> Iterator[Violation]:
    before, after = context.step.before, context.step.after
    for relation in before.relations.values():
        if not context.is_old(relation.id) or _stands_in(context, relation):
            continue
        now = after.relations.get(relation.id)
        if now is None:
            rule = "drop-view" if relation.kind in "vm" else "drop-table"
            does = f"drops {relation.shown}: running code that reads or writes it fails"
            yield context.violation(rule, (relation.name,), does, _CONTRACT.format(rule=rule), relation.name)
        elif (now.schema, now.name) != (relation.schema, relation.name):
            does = f"renames {relation.shown} to {now.shown}: running code still asks for {relation.shown}, and fails"
            fix = (
                "leave a view behind under the old name, in the same migration: "
                f"CREATE VIEW {relation.shown} AS SELECT * FROM {now.shown}; drop it once no code uses it"
            )
            yield context.violation("rename-table", (relation.name,), does, fix)


def _stands_in(context: Context, relation: Relation) -> bool:
    """Whether, when the migration is done, a view under the same name has what running code uses."""
    final = context.migration.after
    there = final.named(relation.schema, relation.name)
    if there is None or there.id == relation.id or there.kind not in "vm":
        return False  # another table of the same name has other rows
    if relation.kind not in "vm" and not there.writable:
        return False
    names = {column.name for column in final.columns_of(there.id)}
    known = context.migration.before.columns_of(relation.id)
    return all(c.name in names for c in known if (c.relation, c.number) not in context.made_columns)


def _columns(context: Context) -> Iterator[Violation]:
    before, after = context.step.before, context.step.after
    for key, column in before.columns.items():
        table = before.relations[column.relation]
        if not context.is_old(table.id) or key in context.made_columns or table.id not in after.relations:
            continue
        now = after.columns.get(key)
        if now is not None and now.name == column.name and now.type == column.type:
            continue
        if table.kind not in "vm" and _shown_by_view(context, table, column):
            continue
        name = f"{table.shown}.{column.name}"
        if now is None:
            does = f"drops {name}: running code that selects or writes it fails"
            fix = _CONTRACT.format(rule="drop-column")
            yield context.violation("drop-column", (table.name, column.name), does, fix, column.name)
        elif now.name != column.name:
            does = f"renames {name} to {now.name}: running code still says {column.name}, and fails"
            fix = f"add {now.name} beside it, write both, backfill, read {now.name}, and drop {column.name} in a later release"
            yield context.violation("rename-column", (table.name, column.name), does, fix)
        elif not is_wider(column.type, now.type) or context.rewritten(table):
            does = f"changes {name} from {column.type} to {now.type}: " + (
                "every row is rewritten under ACCESS EXCLUSIVE, and running code reads and writes the former type"
                if context.rewritten(table)
                else "running code still reads and writes the former type"
            )
            fix = "add a column of the new type, write both, backfill in batches, read the new one, drop the old one later"
            yield context.violation("retype-column", (table.name, column.name), does, fix)


def _shown_by_view(context: Context, table: Relation, column: Column) -> bool:
    """Whether the table was renamed and its view has the column under its old name."""
    final = context.migration.after
    first = context.migration.before.relations.get(table.id, table)
    there = final.named(first.schema, first.name)
    if there is None or there.id == table.id or there.kind != "v" or not there.writable:
        return False
    return any(each.name == column.name for each in final.columns_of(there.id))


def _required(context: Context) -> Iterator[Violation]:
    """Those that stay so until the migration is done."""
    before, after, final = context.step.before, context.step.after, context.migration.after
    for key, column in after.columns.items():
        table = after.relations[column.relation]
        if not column.required or not context.is_old(table.id) or table.kind not in "rp":
            continue
        was, last = before.columns.get(key), final.columns.get(key)
        if last is None or not last.required or (was is not None and was.required):
            continue
        if was is not None and not was.not_null and key not in context.made_columns:
            continue  # running code knows it: whether it still writes NULL is for `not-null` to say
        name = f"{table.shown}.{column.name}"
        if was is None:
            does = f"adds {name} as NOT NULL without a default: it fails on a table with rows, and running code's inserts fail"
            fix = "add it nullable, or with a constant default that stays as long as code runs that does not name it"
        else:
            does = f"leaves {name} NOT NULL without a default: running code's inserts, which do not name it, fail"
            fix = "keep the default for now; drop it in a later release, when all code that runs names the column"
        yield context.violation("required-column", (table.name, column.name), does, fix)


def _values(context: Context) -> Iterator[Violation]:
    for id, (enum, label) in context.step.before.values.items():
        now = context.step.after.values.get(id)
        if now is not None and now[1] != label and id not in context.made:
            does = f"renames {label} of {enum} to {now[1]}: running code still writes {label}, and fails"
            fix = f"add {now[1]} beside it (ADD VALUE), write that, change the rows in batches; {label} may stay"
            yield context.violation("rename-value", (enum, label), does, fix)


def _functions(context: Context) -> Iterator[Violation]:
    before, after, final = context.step.before, context.step.after, context.migration.after
    left = set(final.functions.values())
    for id, function in before.functions.items():
        if id not in after.functions and id not in context.made and function not in left:
            does = f"drops the function {function[1]}: running code that calls it fails"
            yield context.violation(
                "drop-function", (function[1],), does, _CONTRACT.format(rule="drop-function")
            )
