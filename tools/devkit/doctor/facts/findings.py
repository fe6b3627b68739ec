"""Findings of the table, the files and the secrets, as an observation keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from devkit.checks import Problem
from devkit.doctor.record import Json
from devkit.findings.model import Finding, Place, Severity

__all__ = ["problems_in", "written"]


def written(findings: Iterable[Finding]) -> list[dict[str, Json]]:
    """As JSON data."""
    return [
        {
            "id": each.id, "severity": each.severity.value, "message": each.message, "fix": each.fix,
            "place": [each.place.file, each.place.line, each.place.column] if each.place else None,
        }
        for each in findings
    ]  # fmt: skip


def problems_in(given: Iterable[dict[str, Any]], severity: Severity | None = None) -> list[Problem]:
    """As a check says them, all of one severity if one is given."""
    return [
        Problem.of(
            Finding(
                each["id"], Severity(each["severity"]), each["message"], Place(*each["place"]) if each["place"] else None,
                each["fix"],
            ),
            severity=severity,
        )
        for each in given
    ]  # fmt: skip
