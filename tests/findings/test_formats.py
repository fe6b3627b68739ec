"""Reports for programs, read by what reads them: JSON Schema, the SARIF schema, a JUnit parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from devkit.findings import Finding, Place, Severity
from devkit.findings.formats import (
    REPORT_SCHEMA,
    REPORT_SCHEMAS,
    REPORT_VERSION,
    render_json,
    render_junit,
    render_sarif,
)
from devkit.findings.report import Report
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from junitparser import Failure, JUnitXml, Skipped

from tests.findings.reports import EMPTY, FULL
from tests.support.sarif import sarif_schema


@pytest.fixture(scope="module")
def sarif(tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    return Draft7Validator(sarif_schema(tmp_path_factory.mktemp("schema")))


def valid_json(report: Report, version: int = REPORT_VERSION) -> Any:
    document = json.loads(render_json(report, version))
    Draft202012Validator(
        json.loads(REPORT_SCHEMAS[version].read_text()), format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(document)
    return document


def valid_sarif(report: Report, validator: Draft7Validator) -> Any:
    document = json.loads(render_sarif(report).encode("utf-8", "replace"))
    validator.validate(document)
    return document["runs"][0]


def read_junit(report: Report) -> Any:
    (suite,) = JUnitXml.fromstring(render_junit(report).encode())
    return suite


def test_the_schema_is_one_and_strict() -> None:
    schema = json.loads(REPORT_SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    broken = json.loads(render_json(FULL))
    for key in list(broken):
        assert not Draft202012Validator(schema).is_valid({k: v for k, v in broken.items() if k != key}), key
    assert not Draft202012Validator(schema).is_valid(broken | {"more": 1})


def test_the_first_version_is_still_written() -> None:
    """Programs that read it have a year to follow."""
    second, first = valid_json(FULL), valid_json(FULL, 1)
    assert (first["version"], second["version"]) == (1, 2)
    assert [each["mend"] for each in first["findings"]] == [each["fix"] for each in second["findings"]]
    assert [each["result"] for each in first["fixes"]] == ["holds"]
    for document in (first, second):
        del document["version"], document["fixes"]
        for each in (*document["findings"], *document["suppressed"]):
            each.pop("mend", None), each.pop("fix", None)
    assert first == second


def test_json() -> None:
    assert valid_json(EMPTY)["findings"] == []
    document = valid_json(FULL)
    assert document["counts"] == {"error": 1, "warning": 1, "note": 2}
    assert [finding["id"] for finding in document["findings"]][:2] == [
        "docker.running",
        "ports.platform.gateway",
    ]
    assert document["findings"][2]["place"] == {"file": "dev/a b ü.yaml", "line": 3, "column": 5}
    assert document["findings"][3]["place"] == {"file": "dev/services.yaml", "line": None, "column": None}
    assert (document["suppressed"][0]["reason"], document["suppressed"][0]["until"]) == (
        "ours is patched",
        "2027-01-31",
    )
    assert [check["result"] for check in document["checks"]] == ["failed", "warned", "ok", *["skipped"] * 3]
    assert document["fixes"] == [
        {"id": "secrets.mode", "command": "chmod 600 k8s/dev/secret.yaml", "result": "fixed", "detail": ""}
    ]


def test_sarif(sarif: Draft7Validator) -> None:
    assert valid_sarif(EMPTY, sarif)["results"] == []
    run = valid_sarif(FULL, sarif)
    kinds = {result["ruleId"]: (result["kind"], result["level"]) for result in run["results"]}
    assert kinds["docker.running"] == ("fail", "error")
    assert kinds["ports.platform.gateway"] == ("fail", "warning")
    assert kinds["project.table"] == ("pass", "none")
    assert kinds["docker.api"] == ("notApplicable", "none")
    by_id = {result["ruleId"]: result for result in run["results"]}
    assert by_id["tools.kubectl"]["suppressions"][0]["justification"] == "ours is patched (until 2027-01-31)"
    spot = by_id["table.note"]["locations"][0]["physicalLocation"]
    assert spot == {
        "artifactLocation": {"uri": "dev/a%20b%20%C3%BC.yaml"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert rules["ports.platform.gateway"] == "the platform's ports are free"
    assert rules.keys() == by_id.keys()


def test_junit() -> None:
    assert read_junit(EMPTY).tests == 0
    suite = read_junit(FULL)
    assert (suite.tests, suite.failures, suite.skipped, suite.errors) == (8, 1, 3, 0)
    cases = {case.name: case for case in suite}
    assert isinstance(cases["docker.running"].result[0], Failure)
    assert "→ start it" in cases["docker.running"].result[0].text
    assert isinstance(cases["docker.api"].result[0], Skipped)
    assert "warning ports.platform.gateway: 3000 is taken" in cases["ports.platform"].system_out
    assert cases["ports.platform"].result == []
    assert cases["project.table"].system_out == "10 services"
    assert {"table.note", "table.file"} <= cases.keys()


TEXT = st.text(min_size=1, max_size=40)
FINDINGS = st.builds(
    Finding,
    id=st.from_regex(r"[a-z0-9]+(\.[a-z0-9]+(-[a-z0-9]+)*)?", fullmatch=True),
    severity=st.sampled_from(Severity),
    message=TEXT,
    place=st.none() | st.builds(Place, TEXT, st.integers(1, 9999), st.integers(0, 999)),
    fix=st.none() | TEXT,
)


@given(findings=st.lists(FINDINGS, max_size=5))
def test_any_text_makes_valid_documents(sarif: Draft7Validator, findings: list[Finding]) -> None:
    report = Report("doctor", tuple(findings))
    valid_sarif(report, sarif)
    valid_json(report)
    errors = [finding.id for finding in findings if finding.severity is Severity.ERROR]
    assert read_junit(report).failures == len(set(errors))


def test_no_file_of_a_report_needs_this_machine() -> None:
    """What is written speaks of files from the clone's root."""
    assert str(Path.cwd()) not in render_sarif(FULL)
