"""Each state as a check over what was seen."""

from __future__ import annotations

from functools import partial

from devkit.checks import Check, Problem, Problems, Skipped
from devkit.cohabitation.model import RULES, Evidence
from devkit.findings.model import Place

__all__ = ["CHECKS"]

_FIX = {
    "before": "./devkit verify tells more, with the old code checked out and running",
    "migrating": "keep the old form until no running code needs it: expand in this release, contract in a later one; "
    "./devkit db check says how each statement is done without",
    "together": "release the code that reads the new form first, and the code that writes it later",
    "after": "./devkit verify tells more, with the platform running",
    "back": "without this a roll cannot be taken back: release the code that reads the new form first, and the code that writes "
    "it later",
}


def _run(rule: str, seen: Evidence) -> str:
    if found := seen.troubles.get(rule):
        raise Problems(
            Problem(
                f"{trouble.who} {trouble.where}: {trouble.problem}",
                place=Place(trouble.migration) if trouble.migration else None,
            )
            for trouble in found
        )
    if reason := seen.skipped.get(rule):
        raise Skipped(reason)
    return seen.done.get(rule, "")


CHECKS: tuple[Check[Evidence], ...] = tuple(
    Check(id=f"cohabit.{rule}", about=about, run=partial(_run, rule), fix=_FIX[rule])
    for rule, about in RULES.items()
)
"""One check a state."""
