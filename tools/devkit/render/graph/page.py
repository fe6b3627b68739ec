"""The page that shows the platform: the picture, the same as Mermaid, and its ports and webhooks as tables."""

from __future__ import annotations

from devkit.model import Table
from devkit.render.graph.content import graph_of
from devkit.render.graph.mermaid import mermaid
from devkit.render.graph.model import Edge, Graph, Relation
from devkit.render.graph.summary import drawable
from devkit.render.graph.svg import svg
from devkit.render.templates import fill

__all__ = ["PAGE", "PICTURE", "pictures"]

PICTURE = "docs/images/platform.svg"
PAGE = "docs/platform.md"


def pictures(table: Table) -> dict[str, str]:
    """The picture and the page by path, without their marker lines."""
    graph = graph_of(table)
    calls: dict[str, list[str]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.relation is Relation.CALLS:
            calls[edge.source].append(_called(graph, edge))
    page = fill(
        "docs/platform.md.j2",
        table=table,
        diagram=mermaid(drawable(graph)),
        nodes=[node for node in graph.nodes if node.port],
        calls=calls,
        hooks=[(s.name, hook) for s in table.services.values() for hook in s.webhooks.values()],
    )
    return {PICTURE: svg(graph), PAGE: page}


def _called(graph: Graph, edge: Edge) -> str:
    """Whom, and by which variable where that does not follow from the name."""
    name = graph.keys[edge.target].name
    usual = f"{name.replace('-', '_').upper()}_URL"
    return name if edge.label in ("", usual) else f"{name} (`{edge.label}`)"
