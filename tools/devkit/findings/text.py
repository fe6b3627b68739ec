"""Findings as lines that editors and people can follow: `file:line:col: what is wrong`."""

from __future__ import annotations

from collections.abc import Iterable

from devkit.findings.model import Finding, Severity, worst_first

__all__ = ["render_text"]


def render_text(findings: Iterable[Finding]) -> str:
    """One line a finding, its fix indented below it, worst first. Empty string for none."""
    lines: list[str] = []
    for finding in worst_first(findings):
        where = f"{finding.place}: " if finding.place else ""
        grade = "" if finding.severity is Severity.ERROR else f"{finding.severity.value}: "
        lines.append(f"{where}{grade}{finding.message}")
        if finding.fix:
            lines.append(f"    → {finding.fix}")
    return "\n".join(lines)
