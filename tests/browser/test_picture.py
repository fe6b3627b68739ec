"""`devkit graph`'s picture in Chromium: no text leaves its card or lies on another, whatever the font, in light and dark."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from devkit.render.graph.content import graph_of
from devkit.render.graph.model import Area, Edge, Graph, Live, Node, NodeKind, Relation
from devkit.render.graph.style import COLOURS, STATES
from devkit.render.graph.svg import svg
from devkit.table.load import read_table
from playwright.sync_api import Browser, Page

from tests.browser.visitor import CHROMIUM
from tests.support.many_services import fifty_services
from tests.support.platform import ROOT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

_README_WIDTH = 830
_FONTS = ("Liberation Sans", "DejaVu Sans")  # as wide as Arial; the widest that is usual
_MEASURE = """() => {
  const box = e => { const r = e.getBoundingClientRect(); return {x: r.x, y: r.y, w: r.width, h: r.height, text: e.textContent.trim()} }
  const texts = [...document.querySelectorAll('text')]
  return {
    picture: box(document.querySelector('svg')),
    cards: [...document.querySelectorAll('g.card')].map(card => ({
      shape: box(card.querySelector('rect, path')),
      texts: [...card.querySelectorAll('text')].map(box),
    })),
    texts: texts.map(box),
  }
}"""


def hard_names() -> Graph:
    """Names as long as they may be, and signs that XML reserves."""
    nodes = (
        Node("p", "provider-" * 5, NodeKind.PROVIDER, Area.PROVIDERS, note="→ " + "long-" * 12 + "er"),
        Node("a", "<b>&\"' ]]>", NodeKind.SERVICE, Area.BACKEND, port=65535, debug_port=65534, needs=("s", "r"), live=Live("preparing"), tags=("development only", "off"), dashed=True),
        Node("b", "x" * 63, NodeKind.IMAGE, Area.BACKEND, port=65535, tags=("Kubernetes only", "off")),
        Node("c", "W" * 63, NodeKind.SERVICE, Area.BACKEND, port=65535, debug_port=65534, needs=("s", "r"), live=Live("unready")),
        Node("d", "m" * 63, NodeKind.PAGE, Area.FRONTEND, port=65535, live=Live("stopping")),
        Node("s", "i" * 63, NodeKind.STORE, Area.DATA, port=65535, live=Live("ready")),
        Node("r", "redis", NodeKind.STORE, Area.DATA, port=65535, live=Live("crashed")),
    )  # fmt: skip
    edges = (Edge("p", "a", Relation.WEBHOOK), Edge("a", "b", Relation.NEEDS), Edge("d", "a", Relation.CALLS))
    return Graph("a-rather-long-name-of-a-platform", nodes, edges, live=True)


def graph(name: str, folder: Path) -> Graph:
    if name == "hard":
        return hard_names()
    file = ROOT / "dev/services.yaml"
    if name == "fifty":
        (folder / "migrations").mkdir()
        (folder / "dev").mkdir()
        file = folder / "dev/services.yaml"
        file.write_text(fifty_services())
    table = read_table(file)
    if name != "live":
        return graph_of(table)
    states = [*STATES] * len(table.services)
    live = {each: Live(states[at], 54321, 54322) for at, each in enumerate(table.services)}
    return graph_of(table, live)


def show(browser: Browser, picture: str, *, font: str, dark: bool) -> Page:
    page = browser.new_page(
        color_scheme="dark" if dark else "light", viewport={"width": _README_WIDTH, "height": 600}
    )
    forced = f'<style>text{{font-family:"{font}"!important}}</style>'
    page.set_content(f"<body style='margin:0'>{picture}{forced}</body>")
    return page


@pytest.mark.parametrize("font", _FONTS)
@pytest.mark.parametrize("name", ["platform", "live", "fifty", "hard"])
def test_texts_fit(browser: Browser, tmp_path: Path, name: str, font: str) -> None:
    known = (
        subprocess.run(["fc-list", font], capture_output=True, text=True).stdout
        if shutil.which("fc-list")
        else ""
    )
    if not known:
        pytest.skip(f"needs the font {font}")
    page = show(browser, svg(graph(name, tmp_path), "10 of 10 ready · engine local"), font=font, dark=False)
    found = page.evaluate(_MEASURE)
    page.close()
    for card in found["cards"]:
        for text in card["texts"]:
            assert within(text, card["shape"]), f"{text['text']!r} leaves its card in {font}"
    for at, one in enumerate(found["texts"]):
        assert within(one, found["picture"]), f"{one['text']!r} leaves the picture in {font}"
        for other in found["texts"][at + 1 :]:
            assert not overlap(one, other), f"{one['text']!r} lies on {other['text']!r} in {font}"


def within(text: dict[str, Any], around: dict[str, Any]) -> bool:
    """A tag stands on its card's upper rim: that side is not looked at."""
    return bool(
        text["x"] >= around["x"] + 3
        and text["x"] + text["w"] <= around["x"] + around["w"] - 3
        and text["y"] + text["h"] <= around["y"] + around["h"]
    )


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether ink may lie on ink: lines of text may share a pixel or two of their leading."""
    return bool(
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] + 2 < other["y"] + other["h"]
        and other["y"] + 2 < one["y"] + one["h"]
    )


@pytest.mark.parametrize("dark", [False, True])
def test_one_file_for_light_and_dark(browser: Browser, tmp_path: Path, dark: bool) -> None:
    """As a README shows it: an image from a file, on a page of either colour; the ground is the picture's own."""
    file = tmp_path / "platform.svg"
    file.write_text(svg(graph("platform", tmp_path)))
    page = browser.new_page(
        color_scheme="dark" if dark else "light", viewport={"width": _README_WIDTH, "height": 600}
    )
    (tmp_path / "page.html").write_text(
        "<body style='margin:0;background:#f0f'><img id=i style='width:100%' src=platform.svg>"
    )
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.getElementById('i').decode().then(() => true)")
    shot = page.screenshot(clip={"x": 300, "y": 8, "width": 1, "height": 1})
    assert pixel(shot) == COLOURS[".ground"][2 if dark else 1]


def pixel(png: bytes) -> str:
    """The colour of a PNG of one pixel."""
    import zlib

    data = b""
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return "#" + zlib.decompress(data)[1:4].hex()
