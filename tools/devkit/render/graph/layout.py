"""Graph → everything with its place: columns of cards from left to right, bundles between, data and tools below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from devkit.render.graph.align import aligned
from devkit.render.graph.bundles import bundled, is_lane
from devkit.render.graph.cards import card_height, card_width, name_lines
from devkit.render.graph.layers import columns_of
from devkit.render.graph.model import Area, Graph, Node
from devkit.render.graph.order import ordered
from devkit.render.graph.ports import port_offsets
from devkit.render.graph.shapes import Box, Layout, Panel
from devkit.render.graph.wiring import wired

__all__ = ["GAP", "HEADING", "MARGIN", "PAD", "TITLE", "laid_out"]

MARGIN, TITLE, PAD, HEADING, GAP = 20, 36, 16, 32, 16
_BETWEEN, _SLACK = 24, 64
_OUTSIDE = (Area.FRONTEND, Area.PROVIDERS)


def laid_out(graph: Graph, least: int = 0) -> Layout:
    """The picture's parts, at least `least` px wide between the margins. The same graph gives the same layout."""
    width = card_width(graph)
    flow = _Flow(graph, width)
    boxes, panels = list(flow.boxes), list(flow.panels)
    right = max([p.x + p.width for p in panels], default=MARGIN + 4 * (width + GAP))
    right = max(right, MARGIN + least)
    bottom = max([p.y + p.height for p in panels], default=MARGIN + TITLE - GAP)
    below, grounds = _strip(graph, width, right, bottom + GAP)
    boxes += below
    panels += grounds
    right = max([right, *(p.x + p.width for p in panels)])
    bottom = max([bottom, *(p.y + p.height for p in panels)])
    return Layout(
        graph, right + MARGIN, bottom, tuple(boxes), tuple(flow.wires), tuple(flow.heads), tuple(panels)
    )


class _Flow:
    """The part of the picture that edges run through, and the cards of the backend that none does."""

    def __init__(self, graph: Graph, width: int) -> None:
        self.graph, self.width = graph, width
        linked = {end for edge in graph.edges for end in (edge.source, edge.target)}
        flowing = [n for n in graph.nodes if n.area in _OUTSIDE or n.key in linked]
        loose = [n for n in graph.nodes if n.area is Area.BACKEND and n.key not in linked]
        outside = [n.key for area in _OUTSIDE for n in flowing if n.area is area]
        pairs = [(edge.source, edge.target) for edge in graph.edges]
        columns = columns_of([n.key for n in flowing], pairs, outside)
        items, nets = bundled(columns, graph.edges)
        self.height = {n.key: card_height(n, width, graph.live) for n in flowing}
        self.block = {n.key: 1 for n in flowing if n.area is Area.PROVIDERS}
        items = ordered(items, nets, self.block)
        centre = aligned(items, nets, self._apart, {})
        # Which of its ports is the upper one, the first placing tells; the second makes the lines between ports straight.
        centre = aligned(items, nets, self._apart, port_offsets(nets, centre))
        inner = 1 if items and any(item in outside for item in items[0]) else 0
        top = min((centre[i] - self.height.get(i, 0) // 2 for column in items for i in column), default=0)
        down = MARGIN + TITLE + HEADING - top
        centre = {item: y + down for item, y in centre.items()}
        x, self.wires, self.heads = wired(items, nets, centre, width, MARGIN + PAD, inner == 1)
        self.boxes = [
            self._box(graph.keys[item], x[at], centre[item] - self.height[item] // 2)
            for at, column in enumerate(items)
            for item in column
            if not is_lane(item)
        ]
        self.panels: list[Panel] = []
        self._ground(items, x, inner, loose)

    def _apart(self, upper: str, lower: str) -> int:
        half = (self.height.get(upper, 0) + self.height.get(lower, 0)) // 2
        if is_lane(upper) and is_lane(lower):
            return 16
        if self.block.get(upper, 0) != self.block.get(lower, 0):
            return half + PAD + GAP + HEADING
        return half + _BETWEEN - 8 * (is_lane(upper) or is_lane(lower))

    def _box(self, node: Node, x: int, y: int) -> Box:
        height = card_height(node, self.width, self.graph.live)
        return Box(node, x, y, self.width, height, name_lines(node, self.width))

    def _ground(self, items: list[list[str]], x: list[int], inner: int, loose: list[Node]) -> None:
        top = MARGIN + TITLE
        bottom = max((box.y + box.height for box in self.boxes), default=top + HEADING - _BETWEEN)
        xs = x[inner:] or [(x[-1] + self.width + PAD + GAP + PAD) if x else MARGIN + PAD]
        if loose and len(xs) < 3:
            xs = [xs[0] + at * (self.width + GAP) for at in range(3)]
        for at in range(0, len(loose), len(xs)):
            row = [
                self._box(node, left, bottom + _BETWEEN) for node, left in zip(loose[at:], xs, strict=False)
            ]
            self.boxes += row
            bottom = max(box.y + box.height for box in row)
        for area in _OUTSIDE if inner else ():
            mine = [box for box in self.boxes if box.node.area is area and box.x == x[0]]
            self.panels += [_around(area.value, mine, x[0], self.width)] if mine else []
        if loose or len(items) > inner:
            left, right = xs[0] - PAD, xs[-1] + self.width + PAD
            self.panels = _levelled(self.panels, top, bottom + PAD)
            self.panels.append(Panel(Area.BACKEND.value, left, top, right - left, bottom + PAD - top))


def _levelled(panels: list[Panel], top: int, bottom: int) -> list[Panel]:
    """One above the other; the first begins at `top` and the last ends at `bottom` where little is missing."""
    if panels and panels[0].y - top <= _SLACK:
        panels[0] = replace(panels[0], y=top, height=panels[0].height + panels[0].y - top)
    if panels and (missing := bottom - panels[-1].y - panels[-1].height) <= _SLACK:
        panels[-1] = replace(panels[-1], height=panels[-1].height + missing)
    return panels


def _around(title: str, boxes: Iterable[Box], x: int, width: int) -> Panel:
    boxes = list(boxes)
    top = min(box.y for box in boxes) - HEADING
    bottom = max(box.y + box.height for box in boxes) + PAD
    return Panel(title, x - PAD, top, width + 2 * PAD, bottom - top)


def _strip(graph: Graph, width: int, right: int, top: int) -> tuple[list[Box], list[Panel]]:
    """Data and tools, in as many rows as the width needs."""
    boxes: list[Box] = []
    panels: list[Panel] = []
    left = MARGIN
    groups = [[n for n in graph.nodes if n.area is area] for area in (Area.DATA, Area.TOOLS)]
    groups = [group for group in groups if group]
    for at, group in enumerate(groups):
        room = max(1, (right - left - 2 * PAD + GAP) // (width + GAP))
        if at and room < len(group) and left != MARGIN:
            left, top = MARGIN, max(p.y + p.height for p in panels) + GAP
            room = max(1, (right - left - 2 * PAD + GAP) // (width + GAP))
        rows = [group[start : start + room] for start in range(0, len(group), room)]
        placed = _rows(graph, rows, width, left + PAD, top + HEADING)
        boxes += placed
        end = max(box.x + box.width for box in placed) + PAD
        end = max(end, right) if at == len(groups) - 1 else end
        bottom = max(box.y + box.height for box in placed) + PAD
        panels.append(Panel(group[0].area.value, left, top, end - left, bottom - top))
        left = end + GAP
    tallest = {p.y: max(q.height for q in panels if q.y == p.y) for p in panels}
    panels = [replace(panel, height=tallest[panel.y]) for panel in panels]
    return boxes, panels


def _rows(graph: Graph, rows: Sequence[Sequence[Node]], width: int, left: int, top: int) -> list[Box]:
    boxes: list[Box] = []
    for row in rows:
        heights = [card_height(node, width, graph.live) for node in row]
        for at, node in enumerate(row):
            x = left + at * (width + GAP)
            boxes.append(Box(node, x, top, width, heights[at], name_lines(node, width)))
        top += max(heights) + _BETWEEN
    return boxes
