"""How large a card is."""

from __future__ import annotations

from collections.abc import Iterable

from devkit.render.graph.measure import broken, text_width
from devkit.render.graph.model import Graph, Node, NodeKind

__all__ = [
    "BADGE",
    "DEBUG_SIZE",
    "INSET",
    "LID",
    "LINE",
    "NAME_SIZE",
    "PORT_SIZE",
    "STATE_SIZE",
    "TAG_SIZE",
    "card_height",
    "card_width",
    "debug_text",
    "name_lines",
    "port_lines",
    "tag_text",
]

INSET = 10
LINE = 16
NAME_SIZE, PORT_SIZE, DEBUG_SIZE, STATE_SIZE, TAG_SIZE = 13, 12, 10, 11, 10
BADGE = 18
LID = 8  # what a store's card is higher
_NARROWEST, _WIDEST = 160, 208
_BASE = 48


def card_width(graph: Graph) -> int:
    """One width for all cards, a multiple of 8, as narrow as contents allow; long names are broken instead."""
    wanted = max((max(_widths(node)) for node in graph.nodes), default=0) + 2 * INSET
    return min(_WIDEST, max(_NARROWEST, -(-int(wanted) // 8) * 8))


def card_height(node: Node, width: int, live: bool) -> int:
    """A multiple of 16 but for stores, so that the centres of cards with lines lie on the grid."""
    rows = len(name_lines(node, width)) + len(port_lines(node, width)) - 2
    rows += live and node.kind is not NodeKind.PROVIDER
    return _BASE + LINE * rows + (LID if node.kind is NodeKind.STORE else 0)


def name_lines(node: Node, width: int) -> tuple[str, ...]:
    """The name, in lines that fit."""
    return tuple(broken(node.name, NAME_SIZE, width - 2 * INSET - _corner(node), bold=True))


def port_lines(node: Node, width: int) -> tuple[str, ...]:
    """`:3000`, or the note of those without a port, and who stands in, in lines that fit."""
    room = width - 2 * INSET
    more = broken(f"else {node.stand_in}", PORT_SIZE, room) if node.stand_in else []
    return (*broken(_port(node), PORT_SIZE, room), *more)


def _port(node: Node) -> str:
    return node.note or (f":{node.port}" if node.port else "")


def tag_text(node: Node) -> str:
    """Why a card is dashed; empty when it is not."""
    return " · ".join(node.tags)


def debug_text(node: Node) -> str:
    """`debug 9229`, or nothing."""
    return f"debug {node.debug_port}" if node.debug_port else ""


def _corner(node: Node) -> int:
    """Room for the sign in the upper right corner."""
    return 22 if node.kind in (NodeKind.PAGE, NodeKind.STORE) else 0


def _widths(node: Node) -> Iterable[float]:
    yield text_width(node.name, NAME_SIZE, bold=True) + _corner(node)
    debug = text_width(debug_text(node), DEBUG_SIZE) + 8 if node.debug_port else 0
    yield text_width(tag_text(node), TAG_SIZE)
    yield text_width(_port(node), PORT_SIZE) + debug + (6 if node.needs else 0) + BADGE * len(node.needs)
