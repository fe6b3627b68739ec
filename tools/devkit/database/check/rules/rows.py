"""Rows: changed all at once, in a transaction that holds them until it ends."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.model import Violation
from devkit.database.check.rules.context import Context

__all__ = ["violations"]


def violations(context: Context) -> Iterator[Violation]:
    """UPDATE, DELETE and MERGE of rows that neither a key nor a LIMIT names."""
    for change in context.step.changes:
        table = context.step.before.named(change.schema, change.name)
        if change.bounded or table is None or not context.is_old(table.id):
            continue
        held = (table.id, "AccessExclusiveLock") in context.step.held
        does = f"changes as many rows of {table.shown} as there are, in one transaction: running code that writes one of them waits"
        if held:
            does += f"; and since a statement before, nobody reads or writes {table.shown} until that transaction ends"
        fix = (
            "in a migration of its own, some thousand rows at a time, each batch with its own commit (autocommit_block): "
            "… WHERE id IN (SELECT id … LIMIT 5000)"
        )
        yield context.violation("backfill", (table.name,), does, fix)
