"""Graph → a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from devkit.render.graph.model import Area, Graph, Node, NodeKind, Relation
from devkit.render.graph.style import sign_of

__all__ = ["mermaid"]

_SHAPES = {NodeKind.PROVIDER: ("([", "])"), NodeKind.STORE: ("[(", ")]")}
_ARROWS = {Relation.CALLS: "-->", Relation.WEBHOOK: "-.->", Relation.NEEDS: "--o"}


def mermaid(graph: Graph) -> str:
    """The flowchart, ending in one line break. Which stores a service needs is said in its node, not by lines."""
    return "\n".join([*_lines(graph), ""])


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart LR"
    yield f"    accTitle: {_plain(graph.title)}"
    for area in Area:
        nodes = [node for node in graph.nodes if node.area is area]
        if nodes:
            yield f'    subgraph {area.name.lower()}["{area.value}"]'
            yield from (f"        {_node(node)}" for node in nodes)
            yield "    end"
    known = dict.fromkeys((edge.source, edge.relation, edge.target) for edge in graph.edges)
    for (source, relation), edges in groupby(known, key=lambda edge: edge[:2]):
        targets = " & ".join(_id(graph.keys[target]) for _, _, target in edges)
        yield f"    {_id(graph.keys[source])} {_ARROWS[relation]} {targets}"
    dashed = ",".join(_id(node) for node in graph.nodes if node.dashed)
    if dashed:
        yield "    classDef dashed stroke-dasharray: 4 3"
        yield f"    class {dashed} dashed"


def _id(node: Node) -> str:
    """A prefix keeps words that mean something to Mermaid, such as `end`, from being names."""
    plain = (c if c.isascii() and c.isalnum() else "_" if c == "-" else f"_{ord(c):x}_" for c in node.name)
    return f"{'provider' if node.kind is NodeKind.PROVIDER else 'service'}_{''.join(plain)}"


def _node(node: Node) -> str:
    before, after = _SHAPES.get(node.kind, ("[", "]"))
    ports = f":{node.port}" if node.port else _escaped(node.note)
    debug = f"debug {node.debug_port}" if node.debug_port else ""
    needs = f"needs {_escaped(', '.join(node.needs))}" if node.needs else ""
    state = f"{sign_of(node.live.state)} {node.live.state}" if node.live else ""
    lines = [
        f"<b>{_escaped(node.name)}</b>",
        " · ".join(filter(None, [ports, debug])),
        needs,
        f"else {_escaped(node.stand_in)}" if node.stand_in else "",
        *node.tags,
        state,
    ]
    return f'{_id(node)}{before}"{"<br>".join(filter(None, lines))}"{after}'


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("{", "(").replace("}", ")")


def _escaped(text: str) -> str:
    """What Mermaid would take for markup, as its entity codes."""
    return "".join(
        character if character.isalnum() or character in "-_., →" else f"#{ord(character)};"
        for character in text
    )
