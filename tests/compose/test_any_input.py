"""Whatever stands in the files, the reader answers with a project or with findings, never with a traceback."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.compose import load_project
from devkit.findings.model import Severity
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.compose.known import ENVIRONMENT, KNOWN
from tests.support.drawn import drawn

FORMS = (KNOWN / "forms" / "compose.yml").read_text()
LINES = FORMS.splitlines(keepends=True)
DATA: dict[str, Any] = yaml.safe_load(FORMS)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(["db", "80", "1s", "$A", "${", "a:b"]),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=2), st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=3), max_size=2),
)  # fmt: skip
FOLDER = HealthCheck.function_scoped_fixture


def check(folder: Path, text: str | bytes) -> None:
    """A project that can be printed, or at least one error with a place."""
    (folder / "compose.yml").write_bytes(
        text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    )
    project, findings = load_project(
        ["compose.yml"], environment={**ENVIRONMENT, "TAG": "1"}, working_directory=folder
    )
    assert (project is None) == any(finding.severity is Severity.ERROR for finding in findings)
    for finding in findings:
        assert finding.id.startswith("compose.")
        assert finding.place is not None
        assert "\n" not in finding.message + (finding.fix or "")
    if project is not None:
        assert project.json().startswith("{")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.env").write_text("A=1\n")
    return tmp_path


@given(st.text())
@drawn(40, FOLDER)
@example("a: &a\n  <<: *a\n")
@example("services: &s\n  a: *s\n")
@example("? {a: b}\n: c\n")
@example("=: =\n")
@example("services: {a: {image: x, <<: 5}}\n")
@example("services: {a: {image: x, extends: {file: [a], service: b}}}\n")
@example("services: {a: {extends: {file: compose.yml, service: [a]}}}\n")
@example("include: [{path: [[a]]}]\n")
@example("--- !!binary x\n")
@example("services: !override {a: !reset {image: x}}\n")
def test_any_text(folder: Path, text: str) -> None:
    check(folder, text)


@given(st.binary())
@drawn(40, FOLDER)
def test_any_bytes(folder: Path, content: bytes) -> None:
    check(folder, content)


@given(st.data())
@drawn(40, FOLDER)
def test_lines_lost_doubled_and_moved(folder: Path, data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at, to = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
        line = lines.pop(at)
        lines[to:to] = data.draw(st.sampled_from([[], [line, line], [line], ["  " + line]]))
    check(folder, "".join(lines))


@given(st.data())
@drawn(120, FOLDER)
def test_any_value_anywhere(folder: Path, data: st.DataObject) -> None:
    document = copy.deepcopy(DATA)
    node: Any = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        child = node[key]
        if not isinstance(child, (dict, list)) or not child or data.draw(st.integers(0, 3)) == 0:
            node[key] = data.draw(VALUES)
            break
        node = child
    check(folder, json.dumps(document))  # which is YAML


@given(st.binary())
@drawn(40, FOLDER)
def test_any_env_file(folder: Path, content: bytes) -> None:
    (folder / ".env").write_bytes(content)
    check(folder, FORMS)
