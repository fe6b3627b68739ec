"""A report for programs: devkit's own JSON, SARIF 2.1.0, and JUnit's XML."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from devkit import __version__
from devkit.findings.former_ids import former_id
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, FixResult, Report, Result, Suppressed

__all__ = ["REPORT_SCHEMA", "REPORT_SCHEMAS", "REPORT_VERSION", "render_json", "render_junit", "render_sarif"]

REPORT_VERSION = 2
# By version. The first is written until 2027-11.
REPORT_SCHEMAS = {
    1: Path(__file__).with_name("report.v1.schema.json"),
    REPORT_VERSION: Path(__file__).with_name("report.schema.json"),
}
REPORT_SCHEMA = REPORT_SCHEMAS[REPORT_VERSION]
# What a fix came to in the words of version 1.
_FIRST_WORDS = {FixResult.FIXED: "holds", FixResult.REMAINS: "stays", FixResult.FAILED: "failed"}
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_json(report: Report, version: int = REPORT_VERSION) -> str:
    """The report as JSON; the schema of each version is in `REPORT_SCHEMAS`."""
    first = version == 1
    content: dict[str, Any] = {
        "version": version,
        "tool": {"name": "devkit", "version": __version__},
        "command": report.command,
        "engine": report.engine,
        "seconds": round(report.seconds, 3),
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "findings": [_finding(each, first=first) for each in report.findings],
        "suppressed": [
            {
                **_finding(each.finding, first=first),
                "reason": each.by.reason,
                "until": each.by.until.isoformat(),
            }
            for each in report.suppressed
        ],
        "checks": [
            {
                "id": former_id(each.id) if first else each.id,
                "about": each.about,
                "result": each.result.value,
                "detail": each.detail,
                "seconds": round(each.seconds, 3),
            }
            for each in report.checks
        ],
        "fixes": [
            {
                "id": former_id(each.id) if first else each.id,
                "command": each.command,
                "result": _FIRST_WORDS[each.result] if first else each.result.value,
                "detail": each.detail,
            }
            for each in report.fixes
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _finding(finding: Finding, *, first: bool) -> dict[str, Any]:
    place = finding.place
    return {
        "id": former_id(finding.id) if first else finding.id,
        "severity": finding.severity.value,
        "message": finding.message,
        "place": {"file": place.file, "line": place.line or None, "column": place.column or None}
        if place
        else None,
        "mend" if first else "fix": finding.fix,
        "link": finding.link,
    }


def render_sarif(report: Report) -> str:
    """The report as SARIF 2.1.0, one run. A check without findings is a result of kind `pass`, a skipped one
    `notApplicable`; suppressed findings carry their justification."""
    about = {check.id: check.about for check in report.checks}
    results = [_result(each) for each in report.findings]
    results += [_suppressed(each) for each in report.suppressed]
    results += [_passed(each) for each in report.checks if each.result in (Result.OK, Result.SKIPPED)]
    rules = sorted({str(result["ruleId"]) for result in results})
    content = {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "devkit",
                        "version": __version__,
                        "rules": [
                            {"id": id, "shortDescription": {"text": _about(id, about)}} for id in rules
                        ],
                    }
                },
                "automationDetails": {"id": f"devkit/{report.command}/"},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _about(id: str, about: dict[str, str]) -> str:
    """What a check says of itself; a finding's id may be finer than its check's."""
    name = id
    while name:
        if name in about:
            return about[name]
        name = name.rpartition(".")[0]
    return id


def _result(finding: Finding) -> dict[str, Any]:
    text = f"{finding.message}\nFix: {finding.fix}" if finding.fix else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if place := finding.place:
        region = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
        result["locations"] = [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(place.file)}}
                | ({"region": region} if place.line else {})
            }
        ]
    return result


def _suppressed(each: Suppressed) -> dict[str, Any]:
    why = f"{each.by.reason} (until {each.by.until.isoformat()})"
    return {**_result(each.finding), "suppressions": [{"kind": "external", "justification": why}]}


def _passed(check: Checked) -> dict[str, Any]:
    kind = "pass" if check.result is Result.OK else "notApplicable"
    return {
        "ruleId": check.id,
        "kind": kind,
        "level": "none",
        "message": {"text": check.detail or check.about},
    }


def render_junit(report: Report) -> str:
    """The report as JUnit's XML: a test case a check, failed by its errors alone. What no check stands for is a case of
    its own."""
    checks = {check.id: check for check in report.checks}
    by_check: dict[str, list[Finding]] = {id: [] for id in checks}
    for finding in report.findings:
        name = finding.id
        while name and name not in checks:
            name = name.rpartition(".")[0]
        by_check.setdefault(name or finding.id, []).append(finding)
    suite = ElementTree.Element("testsuite", name=f"devkit {report.command}", time=f"{report.seconds:.3f}")
    failures = skipped = 0
    for id, findings in by_check.items():
        check = checks.get(id)
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"devkit.{report.command}.{id.partition('.')[0]}",
            name=id,
            time=f"{check.seconds if check else 0:.3f}",
        )
        if errors := [each for each in findings if each.severity is Severity.ERROR]:
            failures += 1
            failure = ElementTree.SubElement(case, "failure", message=_xml(errors[0].message))
            failure.text = _xml("\n".join(_line(each) for each in errors))
        elif check and check.result is Result.SKIPPED:
            skipped += 1
            ElementTree.SubElement(case, "skipped", message=_xml(check.detail))
        said = [_line(each) for each in findings if each.severity is not Severity.ERROR]
        if check and check.result is Result.OK and check.detail:
            said.append(check.detail)
        if said:
            ElementTree.SubElement(case, "system-out").text = _xml("\n".join(said))
    suite.set("tests", str(len(by_check)))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode")


def _line(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    fix = f" → {finding.fix}" if finding.fix else ""
    return f"{finding.severity.value} {finding.id}: {place}{finding.message}{fix}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
