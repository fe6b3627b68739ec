"""What `up` asks first: the checks that take milliseconds, quietly."""

from __future__ import annotations

from pathlib import Path

from devkit.doctor.catalogue import early_checks
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.report import doctor_report
from devkit.findings.model import Finding, Severity

__all__ = ["early_findings"]


def early_findings(root: Path, engine: str) -> list[Finding]:
    """What is wrong, worst first, as far as it can be known at once; notes, and what is suppressed, are left out."""
    machine = Machine(root, engine)
    checks = early_checks(engine)
    report = doctor_report(machine, look(machine, checks), 0.0, {check.id for check in checks})
    return [finding for finding in report.findings if finding.severity is not Severity.NOTE]
