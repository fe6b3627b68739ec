"""Whatever stands in the file, the loader answers with a table or with findings, never with a traceback."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.findings.model import Severity
from devkit.render.artefacts import render
from devkit.table.load import load_table, parse_table
from devkit.table.schema import schema_with
from devkit.table.shape import check_shape, fits, wrong_shape
from devkit.table.source_map import SourceMap
from devkit.types.registry import BUILT_IN
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.support.drawn import drawn

TEXT = (Path(__file__).resolve().parents[2] / "dev" / "services.yaml").read_text("utf-8")
DATA: dict[str, Any] = yaml.safe_load(TEXT)
SCHEMA = schema_with(BUILT_IN)
LINES = TEXT.splitlines(keepends=True)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["redis", "web", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def check(text: str) -> None:
    """A table, or at least one error with a place and a fix that can be read."""
    table, findings = parse_table(text, "services.yaml")
    assert (table is None) == any(f.severity is Severity.ERROR for f in findings)
    for finding in findings:
        assert finding.id.startswith("table.")
        assert finding.place is not None
        assert finding.place.file == "services.yaml"
        assert "\n" not in finding.message + (finding.fix or "")
    if table is not None:
        for path, content in render(table).items():
            if path.startswith("k8s/"):
                assert list(yaml.safe_load_all(content)), path


@given(st.text())
@example("a: &a\n  <<: *a\n")
@example("<<: [*a]\n")
@example("? {a: b}\n: c\n")
@example("=: =\n")
@example("version: .nan\n")
@example("version: 1\nservices: {1: 2}\n")
def test_any_text(text: str) -> None:
    check(text)


@given(st.binary())
@drawn(50, HealthCheck.function_scoped_fixture)
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "services.yaml"
    file.write_bytes(content)
    table, findings = load_table(file)
    assert (table is None) == bool(findings)


@given(st.data())
@drawn(60)
def test_lines_lost_doubled_and_moved(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["lose", "double", "move", "indent", "cut"]))
        line = lines.pop(index)
        if what == "double":
            lines[index:index] = [line, line]
        elif what == "move":
            lines.insert(data.draw(st.integers(0, len(lines))), line)
        elif what == "indent":
            lines.insert(index, " " * data.draw(st.integers(1, 4)) + line)
        elif what == "cut":
            lines.insert(index, line[: data.draw(st.integers(0, len(line)))] + "\n")
    check("".join(lines))


@given(st.data())
@drawn(60)
def test_any_value_anywhere(data: st.DataObject) -> None:
    table = copy.deepcopy(DATA)
    node: Any = table
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    if data.draw(st.booleans()):
        node[key] = data.draw(values)
    else:
        del node[key]
    check(yaml.safe_dump(table, sort_keys=False, allow_unicode=True))
    wrong, _ = wrong_shape(table, SourceMap("services.yaml"), SCHEMA)
    if fits(table, SCHEMA):
        assert wrong == [], "the fast validator takes what the other refuses"


@pytest.mark.parametrize("path", [("version",), ("services", "gateway", "port")])
def test_a_number_with_a_point_is_left_to_the_validator_that_explains(path: tuple[str, ...]) -> None:
    table: Any = copy.deepcopy(DATA)
    assert fits(table, SCHEMA)
    node = table
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = float(node[path[-1]])
    assert not fits(table, SCHEMA)
    assert check_shape(table, SourceMap("services.yaml"), SCHEMA)[0]
