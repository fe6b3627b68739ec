"""Outcomes of checks → a report: what counts for the engine that is asked about, without what is suppressed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from devkit.checks.check import Outcome
from devkit.checks.problem import Problem
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Fixed, Report, Result, Suppression, suppress

__all__ = ["make_report"]


def make_report(
    command: str,
    outcomes: Sequence[Outcome],
    seconds: float,
    *,
    engine: str | None = None,
    wanted: Collection[str] | None = None,
    suppressions: Sequence[Suppression] = (),
    fixes: Sequence[Fixed] = (),
) -> Report:
    """The report of `command` about the checks that are `wanted` (None: all); those that they only build on show up when
    they found something. What matters to other engines alone is a note: nothing that runs here stops at it.
    """
    shown = [o for o in outcomes if wanted is None or o.check.id in wanted or o.problems]
    found = list(_findings(shown, engine))
    counting, silent = suppress([finding for finding, *_ in found], suppressions, date.today())
    ids = {finding.id for finding in counting}
    fixable = {f.id for f, problem, matters in found if matters and problem.fix and problem.fix.apply}
    return Report(
        command=command,
        findings=counting,
        checks=tuple(_checked(outcome, counting, engine) for outcome in shown),
        suppressed=silent,
        engine=engine,
        seconds=seconds,
        fixable=tuple(sorted(fixable & ids)),
        fixes=tuple(fixes),
    )


def _findings(outcomes: Sequence[Outcome], engine: str | None) -> Iterator[tuple[Finding, Problem, bool]]:
    """Each finding with its problem, and whether it matters to the engine."""
    for outcome in outcomes:
        matters = outcome.check.matters_to(engine)
        for problem in outcome.problems:
            finding = problem.as_finding(outcome.check.id)
            yield finding if matters else replace(finding, severity=Severity.NOTE), problem, matters


def _checked(outcome: Outcome, findings: Sequence[Finding], engine: str | None) -> Checked:
    check = outcome.check
    if outcome.skipped is not None:
        if not check.matters_to(engine):
            reason = f"engine {' and '.join(check.engine)} alone needs it; {outcome.skipped}"
            return replace(outcome.as_checked(), detail=reason)
        return outcome.as_checked()
    about_it = [f for f in findings if f.id == check.id or f.id.startswith(f"{check.id}.")]
    failed = any(finding.severity is Severity.ERROR for finding in about_it)
    return outcome.as_checked(Result.FAILED if failed else Result.WARNED if about_it else Result.OK)
