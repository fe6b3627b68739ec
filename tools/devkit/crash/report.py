"""Each rule as a check over what a run has seen."""

from __future__ import annotations

from functools import partial

from devkit.checks import Check, Problem, Problems, Skipped
from devkit.crash.model import RULES, Evidence
from devkit.findings.model import Place

__all__ = ["CHECKS"]


def _rule(rule: str, seen: Evidence) -> str:
    found = [failure for failure in seen.failures if failure.rule == rule]
    if found:
        raise Problems(
            Problem(
                f"killed at {failure.point}: {failure.what}" if failure.point else failure.what,
                f"./devkit crash {seen.flow} --seed {seen.seed} --at '{failure.point}' repeats it"
                if failure.point
                else f"./devkit verify --only {seen.flow} tells more, with the platform running",
                place=Place(seen.file),
            )
            for failure in found
        )
    if rule != "flow" and seen.expected is None:
        raise Skipped("the flow does not come to its end undisturbed either")
    return f"{len(seen.points)} points" if rule == "flow" else f"killed at {len(seen.tried)} points"


def _reached(seen: Evidence) -> str:
    if seen.expected is None:
        raise Skipped("the flow does not come to its end undisturbed either")
    total = len(seen.tried) + len(seen.unreached)
    if seen.unreached and not seen.tried:
        raise Problem(
            f"none of {total} points came: {', '.join(map(str, seen.unreached[:3]))}",
            f"./devkit crash {seen.flow} --list",
            place=Place(seen.file),
        )
    missed = f"; these did not come: {', '.join(map(str, seen.unreached))}" if seen.unreached else ""
    return f"{len(seen.tried)} of {total}{missed}"


CHECKS: tuple[Check[Evidence], ...] = tuple(
    Check(id=f"crash.{rule}", about=about, run=_reached if rule == "reached" else partial(_rule, rule))
    for rule, about in RULES.items()
)
"""One check a rule."""
