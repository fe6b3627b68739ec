"""The picture as a file: well-formed, self-contained, told in words too."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
from devkit.engines.events import State
from devkit.model import Table
from devkit.render.graph.content import graph_of
from devkit.render.graph.model import Area, Graph, Live, Node, NodeKind
from devkit.render.graph.style import COLOURS, STATES
from devkit.render.graph.svg import svg
from hypothesis import given

from tests.render.graph.shapes import graphs
from tests.support.drawn import drawn

SVG = "{http://www.w3.org/2000/svg}"


@drawn(60)
@given(graphs(8))
def test_any_graph_is_well_formed(graph: Graph) -> None:
    picture = svg(graph, "7 of 9 ready")
    root = ElementTree.fromstring(picture)
    cards = [group for group in root.iter(f"{SVG}g") if group.get("class") == "card"]
    assert len(cards) == len(graph.nodes)
    for card, node in zip(sorted(cards, key=key_of), sorted(graph.nodes, key=lambda n: n.key), strict=True):
        texts = [text.text or "" for text in card.iter(f"{SVG}text")]
        assert node.name.replace(" ", "") in "".join(texts).replace(" ", "")
        assert not node.port or f":{node.port}" in texts
        assert not node.live or node.live.state in texts
        assert not node.tags or " · ".join(node.tags) in texts
    assert picture == svg(graph, "7 of 9 ready")


def key_of(card: ElementTree.Element) -> str:
    return (card.get("id") or "").removeprefix("card-")


def test_it_needs_nothing_else(table: Table) -> None:
    picture = svg(graph_of(table))
    links = re.findall(r"https?://[^\s\"<]+|url\(|@import|<image|<script|href", picture)
    assert links == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme:dark" in picture
    assert len(picture) < 20_000


def test_screen_readers_are_told_everything(shop: Table) -> None:
    root = ElementTree.fromstring(svg(graph_of(shop, {"stock": Live("crashed", 3001)})))
    assert root.get("role") == "img"
    named = root.get("aria-labelledby", "").split()
    assert [child.get("id") for child in root[:2]] == named
    told = root[1].text or ""
    assert "order-service (port 3000): calls stock, bank; needs db, cache." in told
    assert "provider bank: posts webhooks to order-service." in told
    assert "stock (port 3001), crashed: needs cache." in told


def test_every_state_has_a_sign_and_says_its_word() -> None:
    assert set(STATES) == {state.value for state in State}, "render/graph/style.py: STATES"
    for state, look in STATES.items():
        node = Node("a", "a", NodeKind.SERVICE, Area.BACKEND, port=3000, live=Live(state))
        picture = svg(Graph("t", (node,), (), live=True))
        assert f">{state}</text>" in picture
        assert f'd="{look.path}"' in picture
    # Without colour: those of different tones differ in shape too.
    shapes = {(look.path, look.filled): look.tone for look in STATES.values() if look.tone != "faint"}
    assert all(
        shapes[look.path, look.filled] == look.tone for look in STATES.values() if look.tone != "faint"
    )


def test_what_xml_cannot_hold() -> None:
    live = Live("crashed", detail="\x1b[31mexit\x00 \udcff 1\ud800")
    node = Node("a", "a", NodeKind.SERVICE, Area.BACKEND, about="x\x0by", port=3000, live=live)
    ElementTree.fromstring(svg(Graph("t", (node,), (), live=True)).encode())


def test_badges_tell_stores_apart(shop: Table) -> None:
    renamed = replace(shop.services["cache"], name="depot")
    services = {"db": shop.services["db"], "depot": renamed}
    services["stock"] = replace(shop.services["stock"], needs=("db", "depot"))
    picture = svg(graph_of(replace(shop, services=services)))
    badges = re.findall(r'text-anchor="middle">(.)</text>', picture)
    assert badges == ["2", "1", "1", "2"], "on the card, from the right, then in the legend"
    assert "needs depot" in picture


def test_an_unknown_state_is_drawn() -> None:
    node = Node("a", "a", NodeKind.SERVICE, Area.BACKEND, port=3000, live=Live("melting"))
    assert ">melting</text>" in svg(Graph("t", (node,), (), live=True))


TEXTS = [".text", ".soft", "text.good", "text.busy", "text.bad", "text.faint"]
LINES = [".calls", ".webhooks", ".firm", ".tip", ".good", ".busy", ".bad"]


@pytest.mark.parametrize(("ink", "ground"), list(product([*TEXTS, *LINES], [".ground", ".panel", ".face"])))
def test_contrast(ink: str, ground: str) -> None:
    """WCAG 2.2: 4.5 for text, 3 for signs and lines, in light and in dark."""
    for scheme in (1, 2):
        light, dark = sorted((luminance(COLOURS[name][scheme]) for name in (ink, ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= (4.5 if ink in TEXTS else 3.0), (
            f"{ink} on {ground}: {COLOURS[ink][scheme]}"
        )


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
