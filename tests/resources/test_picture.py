"""The picture: the same bytes for the same samples, nothing outside of it, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from devkit.resources.picture import draw
from devkit.resources.picture.shapes import Scale, at, ticks
from hypothesis import given
from hypothesis import strategies as st

from tests.resources.scene import judged, observation

SVG = "{http://www.w3.org/2000/svg}"


def drawn(folder: Path, **engine: str) -> str:
    seen = observation(
        {"cache": ([0.01] * 30, [5.0] * 30), "api": ([0.1 + n / 100 for n in range(30)], [150.0] * 30)},
        engine=engine.get("engine", "local"),
    )
    ones, _ = judged(folder, seen)
    return draw(seen, list(ones.values()))


def test_the_same_samples_give_the_same_bytes(tmp_path: Path) -> None:
    assert drawn(tmp_path) == drawn(tmp_path)


@pytest.mark.parametrize("engine", ["local", "tilt", "compose"])
def test_it_is_whole_and_stands_alone(tmp_path: Path, engine: str) -> None:
    text = drawn(tmp_path, engine=engine)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width == 830
    for shape in root.iter():
        x, y = (float(shape.get(name, "0")) for name in ("x", "y"))
        assert 0 <= x <= width, ElementTree.tostring(shape)
        assert 0 <= y <= height, ElementTree.tostring(shape)
        assert x + float(shape.get("width", "0")) <= width + 0.1
    for number in re.findall(r"[ML]([\d.]+) ([\d.]+)", text):
        assert 0 <= float(number[0]) <= width
        assert 0 <= float(number[1]) <= height
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"(href|src|url\()", text)
    assert "NaN" not in text
    names = [element.text for element in root.iter(f"{SVG}text")]
    assert {"cache", "api", "CPU", "Memory", "idle", "request", "limit"} <= {
        str(n).split(" 1")[0] for n in names
    }


def test_an_observation_without_anything(tmp_path: Path) -> None:
    ElementTree.fromstring(draw(observation({}, sent=None), []))


def test_words_are_escaped(tmp_path: Path) -> None:
    seen = observation({"api": ([0.1] * 20, [5.0] * 20)})
    object.__setattr__(seen, "source", "a<b>&c")
    ones, _ = judged(tmp_path, seen)
    ElementTree.fromstring(draw(seen, list(ones.values())))


@given(most=st.floats(1e-6, 1e12), unit=st.sampled_from([2.0, 10.0]))
def test_axes_hold_what_is_drawn(most: float, unit: float) -> None:
    marks = ticks(most, unit)
    assert marks[0] == 0
    assert marks[-1] >= most * 0.999
    assert 2 <= len(marks) <= 4
    assert marks[-1] <= most * 4


@given(value=st.floats(-1e6, 1e6))
def test_a_scale_ends_where_it_ends(value: float) -> None:
    assert 10 <= Scale(10, 100, 5).x(value) <= 110


def test_numbers() -> None:
    assert [at(value) for value in (1.0, 1.25, -0.01, 12.96)] == ["1", "1.2", "0", "13"]
