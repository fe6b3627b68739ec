"""Indexes: built, dropped and rebuilt while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context
from devkit.database.check.schema import Index
from devkit.database.check.statements import is_concurrent

__all__ = ["violations"]

_OUTSIDE = "in `with op.get_context().autocommit_block():`"


def violations(context: Context) -> Iterator[Violation]:
    """Created, dropped or rebuilt without CONCURRENTLY."""
    if is_concurrent(context.step.statement):
        return
    before, after = context.step.before, context.step.after
    files = {index.file for index in before.indexes.values()}
    for id, index in after.indexes.items():
        table = before.relations.get(index.relation)
        if table is None or not context.is_old(table.id) or index.file in files or not index.file:
            continue
        if after.relations[table.id].file != table.file or context.misfits(table):
            continue  # it goes with its table
        if id in before.indexes or context.retyped(table):
            does = f"builds {index.name} anew while nobody may write {table.shown}"
            yield context.violation("reindex", (index.name,), does, f"REINDEX … CONCURRENTLY {_OUTSIDE}")
        elif not index.constraint and index.valid:
            does = f"builds {index.name} while nobody may write {table.shown} (SHARE)"
            fix = f"op.create_index(…, postgresql_concurrently=True) {_OUTSIDE}"
            yield context.violation("create-index", (table.name, index.name), does, fix)
    for id, index in before.indexes.items():
        table = before.relations[index.relation]
        if id in after.indexes or index.constraint or table.id not in after.relations:
            continue
        if not context.is_old(table.id) or context.retyped(table) or _column_is_gone(context, index):
            continue
        does = f"drops {index.name} under ACCESS EXCLUSIVE on {table.shown}, and whoever comes after it waits too"
        fix = f"op.drop_index(…, postgresql_concurrently=True) {_OUTSIDE}"
        yield context.violation("drop-index", (index.name,), does, fix)


def _column_is_gone(context: Context, index: Index) -> bool:
    return any(
        number and (index.relation, number) not in context.step.after.columns for number in index.columns
    )
