"""Indexes: built, dropped and rebuilt while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context
from devkit.database.check.statements import is_concurrent

__all__ = ["violations"]

_OUTSIDE = "in `with op.get_context().autocommit_block():`"


def violations(context: Context) -> Iterator[Violation]:
    """Created, dropped or rebuilt without CONCURRENTLY."""
    if is_concurrent(context.step.statement):
        return
    before, after = context.step.before, context.step.after
    for id, index in after.indexes.items():
        table = before.relations.get(index.relation)
        was = before.indexes.get(id)
        if table is None or not context.is_old(table.id):
            continue
        if was is None and not index.constraint and index.valid:
            does = f"builds {index.name} while nobody may write {table.shown} (SHARE)"
            fix = f"op.create_index(…, postgresql_concurrently=True) {_OUTSIDE}"
            yield context.violation("create-index", (table.name, index.name), does, fix)
        elif (
            was is not None
            and was.file != index.file
            and after.relations[table.id].file == table.file
            and not _retyped(context, index.relation)
        ):
            does = f"builds {index.name} anew while nobody may write {table.shown}"
            yield context.violation("reindex", (index.name,), does, f"REINDEX … CONCURRENTLY {_OUTSIDE}")
    for id, index in before.indexes.items():
        if id in after.indexes or index.constraint or index.relation not in after.relations:
            continue
        if not context.is_old(index.relation) or _column_is_gone(context, index.relation, index.columns):
            continue
        table = before.relations[index.relation]
        does = f"drops {index.name} under ACCESS EXCLUSIVE on {table.shown}, and whoever comes after it waits too"
        fix = f"op.drop_index(…, postgresql_concurrently=True) {_OUTSIDE}"
        yield context.violation("drop-index", (index.name,), does, fix)


def _column_is_gone(context: Context, relation: int, columns: tuple[int, ...]) -> bool:
    return any(number and (relation, number) not in context.step.after.columns for number in columns)


def _retyped(context: Context, relation: int) -> bool:
    after = context.step.after.columns
    return any(
        key in after and after[key].type != column.type
        for key, column in context.step.before.columns.items()
        if key[0] == relation
    )
