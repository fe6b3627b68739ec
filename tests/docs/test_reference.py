"""What the documentation says of formats, keys and buttons is what devkit writes and takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from devkit.configuration.model import RULES
from devkit.findings.formats import REPORT_SCHEMA, render_json
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Report, Result
from devkit.table.load import read_table
from devkit.table.overrides import parse_overrides, settings
from devkit.verify.catalogue import all_checks
from jsonschema import validate

from tests.support.platform import ROOT

KUBERNETES = (ROOT / "docs/kubernetes.md").read_text()


def example() -> dict[str, Any]:
    found = re.findall(r"```json\n(.*?)```", (ROOT / "docs/verify.md").read_text(), re.DOTALL)
    assert len(found) == 1, "docs/verify.md has one example of the report"
    document: dict[str, Any] = json.loads(found[0])
    return document


def test_verifys_example_is_a_report() -> None:
    document = example()
    validate(document, json.loads(REPORT_SCHEMA.read_text()))
    failed = Checked("a", "b", Result.FAILED)
    real = json.loads(render_json(Report("verify", (Finding("a", Severity.ERROR, "c"),), (failed,))))
    assert list(document) == list(real)
    for part in ("checks", "findings"):
        assert {tuple(sorted(each)) for each in document[part]} == {tuple(sorted(real[part][0]))}, part
    assert [f["id"] for f in document["findings"]] == [
        c["id"] for c in document["checks"] if c["result"] == "failed"
    ]


def test_verifys_example_names_real_checks() -> None:
    real = {
        check.id: check.moved(0).about for check in all_checks(ROOT, read_table(ROOT / "dev/services.yaml"))
    }
    for check in example()["checks"]:
        assert real.get(check["id"]) == check["about"], f"docs/verify.md: {check['id']}"


def test_every_rule_of_the_configuration_audit_is_explained() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    assert re.findall(r"^\| `config\.([\w-]+)` \|", page, re.MULTILINE) == list(RULES)


def test_every_key_of_tilt_config_is_explained() -> None:
    keys = {setting.name for setting in settings(read_table(ROOT / "dev/services.yaml"))}
    assert keys - set(re.findall(r"^\| `(\w+)` \|", KUBERNETES, re.MULTILINE)) == set()


def test_the_tables_debug_switch_is_as_told(tmp_path: Path) -> None:
    assert '`"debug": true` against a table with `debug: false` is refused' in KUBERNETES
    text = (ROOT / "dev/services.yaml").read_text()
    (tmp_path / "dev").mkdir()
    file = tmp_path / "dev/services.yaml"
    file.write_text(text.replace("\ndebug: true\n", "\ndebug: false\n"))
    off = read_table(file)
    assert not any(service.debug_port for service in off.services.values())
    with pytest.raises(Exception, match="`debug` is on here, and off in"):
        parse_overrides(off, {"debug": True})
    parse_overrides(off, {"debug": False})


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_anchors_are_headings(page: Path) -> None:
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text()):
        text = (page.parent / file).read_text() if file else page.read_text()
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert anchor in headings, f"{page.name}: #{anchor}"
