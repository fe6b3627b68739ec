"""Findings that are passed over for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from devkit.findings.model import Finding
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RULES"]


def no_such_day(context: RuleContext) -> Iterator[Finding]:
    for index, suppression in enumerate(context.table.suppressions):
        if suppression.until == date.min:
            place = context.source_map.value("suppress", index, "until")
            yield error("no-such-day", "there is no such day", place, "write a last day as YYYY-MM-DD")


def twice_the_same(context: RuleContext) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, suppression in enumerate(context.table.suppressions):
        if suppression.id in seen:
            place = context.source_map.value("suppress", index, "id")
            yield error("suppressed-twice", f"`{suppression.id}` is suppressed twice", place, "delete one")
        seen.add(suppression.id)


RULES: tuple[Rule, ...] = (no_such_day, twice_the_same)
