"""What `up` asks first: the checks that take milliseconds, quietly."""

from __future__ import annotations

from pathlib import Path

from devkit.doctor.catalogue import early_checks
from devkit.doctor.machine import Machine
from devkit.doctor.report import make_report
from devkit.doctor.runner import run_checks
from devkit.findings.model import Finding, Severity

__all__ = ["early_findings"]


def early_findings(root: Path, engine: str) -> list[Finding]:
    """What is wrong, worst first, as far as it can be known at once; notes, and what is suppressed, are left out."""
    machine = Machine(root, engine)
    checks = early_checks(engine)
    report = make_report(machine, run_checks(machine, checks), {check.id for check in checks}, 0.0)
    return [finding for finding in report.findings if finding.severity is not Severity.NOTE]
