"""What was measured, as findings: each lock is a note, one that was held too long an error."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.database.check.measuring.held import Held
from devkit.database.check.measuring.measure import Measured
from devkit.database.check.model import Violation, shortened
from devkit.findings.model import Place, Severity

__all__ = ["violations_of"]

_RULE = "held"


def violations_of(measured: Measured, longest: float) -> Iterator[Violation]:
    """A blocking lock that was held for more than `longest` seconds is an error; whatever else was seen is a note."""
    for held in measured.held:
        too_long = held.blocks and held.seconds > longest
        severity = Severity.ERROR if too_long else Severity.NOTE
        yield Violation(
            _RULE,
            Place(held.file, held.line, 1),
            _said(held),
            _fix(held) if too_long else "",
            severity=severity,
        )
    for file, table, reason in measured.unfilled:
        message = f"{table} could not be filled, so nothing was measured on it: {reason}"
        yield Violation(
            _RULE, Place(file), message, "measure on a copy of real rows", severity=Severity.WARNING
        )
    for (file, line), reason in measured.failed.items():
        message = f"not measured any further, it fails on the rows that were made up: {reason}"
        yield Violation(
            _RULE,
            Place(file, line, 1 if line else 0),
            message,
            "measure on a copy of real rows",
            severity=Severity.WARNING,
        )


def _said(held: Held) -> str:
    waited = " and ".join(
        f"a {who} waited {seconds:.2f} s"
        for who, seconds in (("reader", held.reader), ("writer", held.writer))
        if seconds >= 0.05
    )
    if held.already:
        waited = f"line {held.already} had locked it before"
    until = (
        f"; it is held until the transaction ends, and `{shortened(held.longest)}` in line {held.longest_line} takes longest"
        if held.longest and held.blocks and held.seconds >= 0.05
        else ""
    )
    return f"`{shortened(held.statement)}` held {held.lock} on {held.table} for {held.seconds:.2f} s: {waited or 'nobody waited for it'}{until}"


def _fix(held: Held) -> str:
    if held.longest:
        return f"put what line {held.longest_line} does into a migration of its own, or commit before it (autocommit_block)"
    return "the other rules say of this line how it is done without"
