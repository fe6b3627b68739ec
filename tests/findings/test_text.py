"""Findings as text: worst first, then by place, each fix below its finding."""

from __future__ import annotations

from devkit.findings import Finding, Place, Severity, render_text


def test_order_and_form() -> None:
    findings = [
        Finding("a.note", Severity.NOTE, "is odd", Place("b.yaml", 1, 1)),
        Finding("a.late", Severity.ERROR, "is wrong", Place("b.yaml", 10, 2), "fix it"),
        Finding("a.early", Severity.ERROR, "is wrong too", Place("b.yaml", 9, 3)),
        Finding("a.warning", Severity.WARNING, "may be wrong"),
        Finding("a.file", Severity.ERROR, "is empty", Place("a.yaml")),
    ]
    assert render_text(findings) == (
        "a.yaml: is empty\n"
        "b.yaml:9:3: is wrong too\n"
        "b.yaml:10:2: is wrong\n"
        "    → fix it\n"
        "warning: may be wrong\n"
        "b.yaml:1:1: note: is odd"
    )


def test_none() -> None:
    assert render_text([]) == ""
