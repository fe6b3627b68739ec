"""A report with everything in it that a report may have."""

from __future__ import annotations

from datetime import date

from devkit.findings import Finding, Place, Severity
from devkit.findings.report import Checked, Fixed, FixResult, Report, Result, Suppressed, Suppression

__all__ = ["EMPTY", "FULL", "checks"]

EMPTY = Report("secrets check", ())
_ODD = 'said <b>"no"</b> & \x1b[31m\x00\ud800 für 5 °C 🦊'


def checks() -> tuple[Checked, ...]:
    """One of every result."""
    return (
        Checked("docker.running", "Docker runs", Result.FAILED, "", 0.25),
        Checked("ports.platform", "the platform's ports are free", Result.WARNED, "", 0.01),
        Checked("project.table", "dev/services.yaml is valid", Result.OK, "10 services", 0.02),
        Checked("docker.api", "its API is new enough", Result.SKIPPED, "not checked because docker.running failed"),
        Checked("docker.disk", "there is room", Result.SKIPPED, "not checked because docker.running failed"),
        Checked("tools.helm", "Helm is installed", Result.SKIPPED, "no mesh is wanted"),
    )  # fmt: skip


FULL = Report(
    command="doctor",
    findings=(
        Finding("docker.running", Severity.ERROR, _ODD, None, "start it", "docs/doctor.md#docker"),
        Finding("ports.platform.gateway", Severity.WARNING, "3000 is taken", None, "./devkit down"),
        Finding("table.note", Severity.NOTE, "is odd", Place("dev/a b ü.yaml", 3, 5)),
        Finding("table.file", Severity.NOTE, "is odd too", Place("dev/services.yaml")),
    ),
    checks=checks(),
    suppressed=(
        Suppressed(
            Finding("tools.kubectl", Severity.WARNING, "is old", None, "update it"),
            Suppression("tools", "ours is patched", date(2027, 1, 31), Place("dev/services.yaml", 9, 5)),
        ),
    ),
    engine="tilt",
    seconds=1.25,
    fixable=("ports.platform.gateway",),
    fixes=(Fixed("secrets.mode", "chmod 600 k8s/dev/secret.yaml", FixResult.FIXED),),
)
