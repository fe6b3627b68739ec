"""The flowchart's text. That Mermaid itself takes such texts was seen in a browser; here its grammar is held to."""

from __future__ import annotations

import re

from devkit.model import Table
from devkit.render.graph.content import graph_of
from devkit.render.graph.mermaid import mermaid
from devkit.render.graph.model import Graph, Live
from hypothesis import given

from tests.render.graph.shapes import graphs

ID = r"(?:provider|service)_[A-Za-z0-9_]*"
LABEL = r'"(?:[^"<>#]|<b>|</b>|<br>|#\d+;)*"'
LINES = (
    r"flowchart LR",
    r"    accTitle: [^\n{}]*",
    r'    subgraph [a-z]+\["[A-Z][a-z]+"\]',
    rf"        {ID}(?:\[{LABEL}\]|\(\[{LABEL}\]\)|\[\({LABEL}\)\])",
    r"    end",
    rf"    {ID} (?:-->|-\.->|--o) {ID}(?: & {ID})*",
    r"    classDef dashed stroke-dasharray: 4 3",
    rf"    class {ID}(?:,{ID})* dashed",
)


@given(graphs())
def test_any_graph_keeps_to_the_grammar(graph: Graph) -> None:
    for line in mermaid(graph).splitlines():
        assert any(re.fullmatch(known, line) for known in LINES), line


def test_content(shop: Table) -> None:
    text = mermaid(graph_of(shop, {"stock": Live("crashed", 3101, 9330)}))
    assert 'service_stock["<b>stock</b><br>:3101 · debug 9330<br>needs cache<br>✕ crashed"]' in text
    assert 'service_db[("<b>db</b><br>:5433")]' in text
    assert "    service_order_service --> service_stock & service_bank\n" in text
    assert "    provider_bank -.-> service_order_service\n" in text
    assert "    class service_bank,service_viewer dashed\n" in text


def test_names_that_differ_in_a_sign_stay_apart() -> None:
    from devkit.render.graph.model import Area, Node, NodeKind

    nodes = [Node(name, name, NodeKind.SERVICE, Area.BACKEND) for name in ("a-b", "a_b", "a.b")]
    found = re.findall(rf"^        ({ID})\[", mermaid(Graph("t", tuple(nodes), ())), re.MULTILINE)
    assert len(set(found)) == 3
