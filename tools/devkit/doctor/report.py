"""Outcomes of checks → a report: what counts on the engine that is wanted, without secrets, without what is suppressed."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from devkit.base.paths import table_file
from devkit.doctor.machine import Machine
from devkit.doctor.model import Outcome, Problem
from devkit.engines.choice import expected_engine
from devkit.engines.registry import engine_entry
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Fixed, Report, Result, Suppression, suppress
from devkit.secrets.known import clone_redactor
from devkit.secrets.redact import Redactor
from devkit.table.load import load_table

__all__ = ["machine_redactor", "make_report", "wanted_engine"]


def make_report(
    machine: Machine,
    outcomes: Sequence[Outcome],
    wanted: Collection[str],
    seconds: float,
    fixes: Sequence[Fixed] = (),
) -> Report:
    """The report about the checks that are `wanted`; those that they only build on show up when they found something.

    What only the other engine needs is a note: nothing that `up` does here stops at it.
    """
    clean = machine_redactor(machine)
    shown = [o for o in outcomes if o.check.id in wanted or o.problems]
    findings = [_clean(finding, clean) for finding, *_ in _findings(machine, shown)]
    counting, silent = suppress(findings, _suppressions(machine), date.today())
    ids = {finding.id for finding in counting}
    fixable = {
        finding.id
        for finding, problem, relevant in _findings(machine, shown)
        if relevant and problem.fix and problem.fix.apply
    }
    return Report(
        command="doctor",
        findings=counting,
        checks=tuple(_checked(outcome, counting, machine.engine, clean) for outcome in shown),
        suppressed=silent,
        engine=machine.engine,
        seconds=seconds,
        fixable=tuple(sorted(fixable & ids)),
        fixes=tuple(replace(fixed, detail=clean(fixed.detail)) for fixed in fixes),
    )


def machine_redactor(machine: Machine) -> Redactor:
    """Takes out this clone's secrets, and those that the shell carries."""
    table, _ = load_table(table_file(machine.root))
    return clone_redactor(machine.root, table, machine.environ)


def _suppressions(machine: Machine) -> tuple[Suppression, ...]:
    table, _ = load_table(table_file(machine.root))
    return table.suppressions if table else ()


def _findings(machine: Machine, outcomes: Sequence[Outcome]) -> Iterator[tuple[Finding, Problem, bool]]:
    """Each finding with its problem, and whether the engine that is wanted cares."""
    for outcome in outcomes:
        relevant = outcome.check.engine in (None, machine.engine)
        for problem in outcome.problems:
            finding = problem.as_finding(outcome.check.id)
            yield finding if relevant else replace(finding, severity=Severity.NOTE), problem, relevant


def _clean(finding: Finding, clean: Redactor) -> Finding:
    mend = clean(finding.mend) if finding.mend else None
    return replace(finding, message=clean(finding.message), mend=mend)


def _checked(outcome: Outcome, findings: Sequence[Finding], engine: str, clean: Redactor) -> Checked:
    check = outcome.check
    if outcome.skipped is not None:
        reason = outcome.skipped
        if check.engine not in (None, engine):
            reason = f"engine {check.engine} alone needs it; {reason}"
        return Checked(check.id, check.about, Result.SKIPPED, clean(reason), outcome.seconds)
    own = [f for f in findings if f.id == check.id or f.id.startswith(f"{check.id}.")]
    failed = any(finding.severity is Severity.ERROR for finding in own)
    result = Result.FAILED if failed else Result.WARNED if own else Result.OK
    return Checked(check.id, check.about, result, clean(outcome.seen), outcome.seconds)


def wanted_engine(root: Path, name: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The engine that the machine is to run: the one that is named, or runs, or is preferred of those installed.

    Raises: DevkitError (exit 2) for a name that is none.
    """
    return (engine_entry(name) if name is not None else expected_engine(root, environ)).name
