"""Any graph, for property tests."""

from __future__ import annotations

from devkit.render.graph.model import Area, Edge, Graph, Live, Node, NodeKind, Relation
from devkit.render.graph.style import STATES
from hypothesis import strategies as st

__all__ = ["graphs", "names"]

_HARD = [
    "a",
    "-",
    "order-service",
    "x" * 63,
    "long-" * 12 + "er",
    "W" * 40,
    "<b>&\"'",
    "]]>",
    "ж-服务",
    "end",
]
names = st.sampled_from(_HARD) | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=63
)
_KINDS = {
    NodeKind.SERVICE: Area.BACKEND,
    NodeKind.IMAGE: Area.BACKEND,
    NodeKind.PAGE: Area.FRONTEND,
    NodeKind.PROVIDER: Area.PROVIDERS,
    NodeKind.STORE: Area.DATA,
}
_ports = st.integers(1024, 65535)
_tags = st.lists(st.sampled_from(["Kubernetes only", "off"]), max_size=2, unique=True)
_live = st.builds(Live, st.sampled_from(sorted(STATES)), detail=names)


@st.composite
def graphs(draw: st.DrawFn, most: int = 16) -> Graph:
    """Up to `most` nodes of every kind, and any edges that a table can have: circles and long ones too."""
    live = draw(st.booleans())
    nodes: list[Node] = []
    for at in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from([NodeKind.SERVICE, NodeKind.SERVICE, *_KINDS]))
        provider = kind is NodeKind.PROVIDER
        nodes.append(
            Node(
                f"{at}",
                draw(names),
                kind,
                _KINDS[kind],
                draw(names),
                None if provider else draw(_ports),
                draw(st.none() | _ports) if kind is NodeKind.SERVICE else None,
                f"→ {draw(names)}" if provider else "",
                tags=tuple(draw(_tags)),
                dashed=draw(st.booleans()),
                live=draw(_live) if live and not provider else None,
            )
        )
    stores = [node for node in nodes if node.kind is NodeKind.STORE][:2]
    nodes = [node for node in nodes if node.kind is not NodeKind.STORE or node in stores]
    needs = tuple(store.key for store in stores)
    nodes = [_needing(node, needs) if node.kind is NodeKind.SERVICE else node for node in nodes]
    ends = [node for node in nodes if node.kind is not NodeKind.STORE]
    pairs = [(a, b) for a in ends for b in ends if a is not b and b.kind is not NodeKind.PROVIDER]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []
    edges = [Edge(a.key, b.key, _relation(draw, a)) for a, b in chosen]
    return Graph(draw(names), tuple(nodes), tuple(edges), live)


def _needing(node: Node, needs: tuple[str, ...]) -> Node:
    return Node(**{name: getattr(node, name) for name in Node.__dataclass_fields__} | {"needs": needs})


def _relation(draw: st.DrawFn, source: Node) -> Relation:
    if source.kind is NodeKind.PROVIDER:
        return Relation.WEBHOOK
    return draw(st.sampled_from([Relation.CALLS, Relation.CALLS, Relation.NEEDS]))
