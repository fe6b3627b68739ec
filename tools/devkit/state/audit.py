"""Each rule as a check over what the runs have seen."""

from __future__ import annotations

from functools import partial

from devkit.checks import Check, Problem, Problems, Skipped
from devkit.state.model import ALLOWS, RULES, Evidence

__all__ = ["CHECKS"]


def _flow(seen: Evidence) -> str:
    if seen.failures:
        raise Problems(
            Problem(
                f"{failure.flow} does not pass even with one process of each service: {failure.problem}",
                f"./devkit verify --only {failure.flow} tells more, with the platform running",
            )
            for failure in seen.failures
        )
    return ", ".join(seen.flows)


def _watched(seen: Evidence) -> str:
    missed = {
        (r.service, str(r.about["event"]), str(r.about["problem"]))
        for r in seen.records
        if r.what == "missed"
    }
    if missed:
        raise Problems(
            Problem(
                f"{service}: {event} could not be watched: {problem}", "this is a defect in devkit: report it"
            )
            for service, event, problem in sorted(missed)
        )
    return f"{len(seen.records)} events"


def _hop(seen: Evidence) -> str:
    if seen.failures:
        raise Skipped("the flow does not pass with one process either")
    if seen.hop_failures:
        raise Problems(
            Problem(
                f"{failure.flow} passes with one process of each service, and not when each request and job goes to "
                f"another: {failure.problem}",
                "something stays in a process; state.memory and state.files say what changes where",
            )
            for failure in seen.hop_failures
        )
    return f"{sum(seen.hops.values())} requests, each to a process of its own"


def _code(rule: str, seen: Evidence) -> str:
    found = (
        list(ALLOWS.judge(seen.suspects, seen.allows))
        if rule == "allow"
        else ALLOWS.without_allowed([s for s in seen.suspects if s.rule == rule], seen.allows)
    )
    if rule == "allow" and seen.failures:
        raise Skipped("the flow does not pass, so not everything was seen")
    if found:
        raise Problems(Problem(s.message, s.fix, place=s.place) for s in sorted(found, key=lambda s: s.place))
    allowed = sum(s.rule == rule for s in seen.suspects)
    return f"{len(seen.services)} services" + (f", {allowed} allowed" if allowed else "")


_OWN = {"flow": _flow, "watched": _watched, "hop": _hop}

CHECKS: tuple[Check[Evidence], ...] = tuple(
    Check(id=f"state.{rule}", about=about, run=_OWN.get(rule) or partial(_code, rule))
    for rule, about in RULES.items()
)
"""One check a rule."""
