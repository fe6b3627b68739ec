"""Many services: the work grows with their number, and what is drawn of them is a picture still."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any
from xml.etree import ElementTree

import pytest
from devkit.render.artefacts import render
from devkit.render.graph import summary
from devkit.render.graph.page import PAGE, PICTURE
from devkit.render.plan import plan_document
from devkit.table.load import parse_table

_HEAD = """\
version: 1
name: many
namespace: many-dev
image_prefix: many
shared: []
config:
  GREETING: {default: hello, about: Said.}
services:
"""
_SERVICE = """\
  service-{number:05}:
    type: python
    about: Number {number}.
    port: {port}
    debug_port: {debug}
    probes: {{live: /live, ready: /ready}}
    calls: [{calls}]
    env:
      OWN: {{default: "{number}", about: Its own.}}
    resources: &r{number}
      requests: {{cpu: 50m, memory: 64Mi}}
      limits: {{cpu: 100m, memory: 128Mi}}
    dev_resources: *r{number}
"""


def text_of(size: int) -> str:
    """A table in which each service calls the one before it, in chains of ten."""
    rows = (
        _SERVICE.format(
            number=n, port=2000 + 2 * n, debug=2001 + 2 * n, calls=f"service-{n - 1:05}" if n % 10 else ""
        )
        for n in range(size)
    )
    return _HEAD + "".join(rows)


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python it runs; a step of a loop counts as one. The same on any machine."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_twice_the_services_are_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_MOST_NODES", 5)  # a picture's own work is bounded by what it may hold

    def work(size: int) -> int:
        text = text_of(size)

        def all_of_it() -> None:
            table, findings = parse_table(text, "services.yaml")
            assert table is not None, findings
            render(table)
            plan_document(table)

        return lines_run(all_of_it)

    work(10)  # what is made but once
    one, two, four = work(50), work(100), work(200)
    assert (four - two) / (two - one) < 2.01, f"{one}, {two}, {four} lines"


def test_more_than_one_picture_holds() -> None:
    table, _ = parse_table(text_of(1_000), "services.yaml")
    assert table is not None
    made = render(table)
    picture = ElementTree.fromstring(made[PICTURE])
    said = " ".join(text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert "1,000 in Backend" in said
    page = made[PAGE].decode()
    assert "| service-00999 | 3998 |" in page
    assert "service_00999" not in page.partition("```mermaid")[2], "Mermaid draws no such number of edges"
