"""What a picture of very many services shows instead of them."""

from __future__ import annotations

from dataclasses import replace

from devkit.render.graph.model import Area, Edge, Graph, Node, NodeKind

__all__ = ["drawable"]

# Mermaid draws no more edges than these; and nobody reads more cards.
_MOST_NODES, _MOST_EDGES = 200, 500
_KINDS = {Area.PROVIDERS: NodeKind.PROVIDER, Area.FRONTEND: NodeKind.PAGE, Area.DATA: NodeKind.STORE}


def drawable(graph: Graph) -> Graph:
    """The graph itself; one card for each of its areas where that is more than one picture holds."""
    if len(graph.nodes) <= _MOST_NODES and len(graph.edges) <= _MOST_EDGES:
        return graph
    areas = {node.key: node.area for node in graph.nodes}
    count = {area: sum(found is area for found in areas.values()) for area in Area}
    nodes = tuple(
        Node(key=area.name.lower(), name=f"{count[area]:,} in {area.value}", kind=_KINDS.get(area, NodeKind.SERVICE), area=area)
        for area in Area
        if count[area]
    )  # fmt: skip
    edges = dict.fromkeys(
        Edge(areas[edge.source].name.lower(), areas[edge.target].name.lower(), edge.relation)
        for edge in graph.edges
        if areas[edge.source] is not areas[edge.target]
    )
    return replace(graph, nodes=nodes, edges=tuple(edges))
