"""What the signs mean, below the picture; only those that are in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devkit.render.graph.draw import badge, letter_of, line_sample
from devkit.render.graph.measure import text_width
from devkit.render.graph.model import Graph, Relation
from devkit.render.graph.xml import xml_text

__all__ = ["legend_parts", "legend_width"]

_SIZE, _ROW, _GAP = 11, 22, 24
_TEXTS = {
    Relation.CALLS: "calls",
    Relation.WEBHOOK: "signed webhooks",
    Relation.NEEDS: "starts after",
}
_LINE, _BADGE, _CARD = 38, 22, 32


@dataclass(frozen=True)
class _Entry:
    """A sign (of a relation, of a store by its letter, of a dashed card), the room it takes in px, and what it means."""

    sign: Relation | str | None
    room: int
    text: str

    @property
    def width(self) -> int:
        return round(self.room + text_width(self.text, _SIZE))

    def parts(self, x: int, y: int) -> Iterator[str]:
        if isinstance(self.sign, Relation):
            yield line_sample(self.sign, x, y - 4)
        elif self.sign is not None:
            yield badge(x + 7, y - 4, self.sign)
        else:
            yield f'<rect class="face firm dashed" x="{x}.5" y="{y - 10}.5" width="24" height="12" rx="4"/>'
        yield f'<text class="soft" x="{x + self.room}" y="{y}" font-size="{_SIZE}">{xml_text(self.text)}</text>'


def legend_width(graph: Graph) -> int:
    """The width in px below which an entry would not fit."""
    return max((entry.width for entry in _entries(graph)), default=0)


def legend_parts(graph: Graph, left: int, right: int, top: int) -> tuple[list[str], int]:
    """The legend's elements between `left` and `right`, and where they end (px)."""
    x, y = left, top + 28
    parts: list[str] = []
    for entry in _entries(graph):
        if x > left and x + entry.width > right:
            x, y = left, y + _ROW
        parts += entry.parts(x, y)
        x += entry.width + _GAP
    return parts, y + 4


def _entries(graph: Graph) -> Iterator[_Entry]:
    for relation, text in _TEXTS.items():
        if any(edge.relation is relation for edge in graph.edges):
            yield _Entry(relation, _LINE, text)
    needed = {store for node in graph.nodes for store in node.needs}
    for store in graph.stores():
        if store.key in needed:
            yield _Entry(letter_of(graph, store.key), _BADGE, f"needs {store.name}")
    if any(node.dashed for node in graph.nodes):
        yield _Entry(None, _CARD, "optional, or not in production")
