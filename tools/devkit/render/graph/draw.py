"""A card as SVG."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.render.graph.cards import (
    BADGE,
    DEBUG_SIZE,
    INSET,
    LID,
    LINE,
    NAME_SIZE,
    PORT_SIZE,
    STATE_SIZE,
    TAG_SIZE,
    debug_text,
    port_lines,
    tag_text,
)
from devkit.render.graph.measure import text_width
from devkit.render.graph.model import Graph, NodeKind, Relation
from devkit.render.graph.shapes import Box
from devkit.render.graph.style import look_of
from devkit.render.graph.xml import xml_text

__all__ = ["badge", "box_parts", "letter_of", "line_sample", "tip"]


def box_parts(box: Box, graph: Graph) -> Iterator[str]:
    """The card's elements, line by line."""
    node = box.node
    yield f'<g class="card" id="card-{xml_text(node.key)}">'
    yield f"<title>{xml_text(_hover(box))}</title>"
    dashed = " dashed" if node.dashed else ""
    if node.kind is NodeKind.STORE:
        yield from _cylinder(box, dashed)
    else:
        rim = "hollow firm" if node.kind is NodeKind.PROVIDER else f"face firm{dashed}"
        radius = 24 if node.kind is NodeKind.PROVIDER else 8
        yield (
            f'<rect class="{rim}" x="{box.x + 0.5}" y="{box.y + 0.5}" width="{box.width - 1}" '
            f'height="{box.height - 1}" rx="{radius}"/>'
        )
    yield from _texts(box, graph)
    yield from _corner(box)
    yield from _tag(box)
    yield "</g>"


def _hover(box: Box) -> str:
    node = box.node
    live = f"{node.live.state}{': ' if node.live.detail else ''}{node.live.detail}" if node.live else ""
    return " · ".join(filter(None, [node.name, *node.tags, node.about, live]))


def _texts(box: Box, graph: Graph) -> Iterator[str]:
    node, left, y = box.node, box.x + INSET, box.y + 20 + (LID - 2 if box.node.kind is NodeKind.STORE else 0)
    for line in box.lines:
        yield _text("name text", left, y, NAME_SIZE, line)
        y += LINE
    y += 2
    ports = port_lines(node, box.width)
    if debug := debug_text(node):
        after = left + round(text_width(ports[0], PORT_SIZE)) + 8
        yield _text("soft", after, y, DEBUG_SIZE, debug)
    for at, store in enumerate(reversed(node.needs)):
        yield badge(box.x + box.width - INSET - BADGE * at - 7, y - 4, letter_of(graph, store))
    for line in ports:
        yield _text("soft", left, y, PORT_SIZE, line)
        y += LINE
    if graph.live and node.kind is not NodeKind.PROVIDER:
        yield from _state(box, left, y)


def _state(box: Box, left: int, y: int) -> Iterator[str]:
    state = box.node.live.state if box.node.live else "off"
    look = look_of(state)
    fill = "full" if look.filled else "hollow"
    yield f'<path class="sign {look.tone} {fill}" transform="translate({left + 5} {y - 4})" d="{look.path}"/>'
    yield _text(look.tone, left + 15, y, STATE_SIZE, state)


def letter_of(graph: Graph, store: str) -> str:
    """The letter of a store's badge; a number where two begin with the same."""
    stores = graph.stores()
    letters = [each.name[:1].upper() for each in stores]
    plain = len(set(letters)) == len(letters)
    at = stores.index(graph.keys[store])
    return letters[at] if plain else str(at + 1)


def badge(x: int, y: int, letter: str) -> str:
    """A small cylinder around x, y with a letter in it."""
    return (
        f'<path class="face firm" d="M{x - 6.5} {y - 5}v10c0 3 13 3 13 0v-10"/>'
        f'<ellipse class="face firm" cx="{x}" cy="{y - 5}" rx="6.5" ry="2.2"/>'
        f'<text class="soft" x="{x}" y="{y + 5}" font-size="9" text-anchor="middle">{xml_text(letter)}</text>'
    )


def tip(relation: Relation, x: int, y: int, *, leftwards: bool = False) -> str:
    """The end of a line at x, y: a full arrow for calls, an open one for webhooks, a ring for what is waited for."""
    back = 1 if leftwards else -1
    if relation is Relation.CALLS:
        return f'<path class="tip" d="M{x} {y}l{7 * back}-4v8z"/>'
    if relation is Relation.WEBHOOK:
        return f'<path class="open {relation.value}" d="M{x + 6 * back} {y - 4.5}L{x + back} {y}l{5 * back} 4.5"/>'
    return f'<circle class="face {relation.value}" cx="{x + 3 * back}" cy="{y}" r="3"/>'


def line_sample(relation: Relation, x: int, y: int) -> str:
    """A short line with its tip, for the legend."""
    return f'<path class="wire {relation.value}" d="M{x} {y}h26"/>{tip(relation, x + 30, y)}'


def _cylinder(box: Box, dashed: str) -> Iterator[str]:
    left, right, top, bottom = box.x + 0.5, box.x + box.width - 0.5, box.y + 5, box.y + box.height - 6
    middle, radius = (right - left) / 2, 5
    yield (
        f'<path class="face firm{dashed}" d="M{left} {top}V{bottom}'
        f'a{middle} {radius} 0 0 0 {right - left} 0V{top}"/>'
    )
    yield (
        f'<ellipse class="face firm{dashed}" cx="{left + middle}" cy="{top}" rx="{middle}" ry="{radius}"/>'
    )


def _corner(box: Box) -> Iterator[str]:
    """What sort of thing it is, in the upper right corner."""
    right, y = box.x + box.width - INSET, box.y + 15
    if box.node.kind is NodeKind.PAGE:
        yield f'<path class="thin firm" d="M{right - 15}.5 {y - 5}.5h15v11h-15zm0 3.5h15"/>'


def _tag(box: Box) -> Iterator[str]:
    """Why it is dashed, on its upper rim."""
    text = tag_text(box.node)
    if not text:
        return
    width = round(text_width(text, TAG_SIZE)) + 12
    x, y = box.x + box.width - INSET - width + 4, box.y - 7
    yield f'<rect class="face rim" x="{x}.5" y="{y}.5" width="{width}" height="14" rx="7"/>'
    yield (
        f'<text class="soft" x="{x + width // 2}" y="{y + 10}.5" font-size="{TAG_SIZE}" text-anchor="middle">'
        f"{xml_text(text)}</text>"
    )


def _text(kind: str, x: int, y: int, size: int, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" font-size="{size}">{xml_text(text)}</text>'
