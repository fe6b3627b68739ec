"""Where things go: nothing lies on anything else, and every edge leads from its card to its card."""

from __future__ import annotations

from itertools import combinations, pairwise

from devkit.model import Table
from devkit.render.graph.align import GRID
from devkit.render.graph.bundles import is_lane
from devkit.render.graph.content import graph_of
from devkit.render.graph.layout import laid_out
from devkit.render.graph.measure import text_width
from devkit.render.graph.model import Graph, NodeKind
from devkit.render.graph.shapes import Box, Layout, Wire
from hypothesis import given

from tests.render.graph.shapes import graphs
from tests.support.drawn import drawn

Point = tuple[int, int]


def check(layout: Layout) -> None:
    assert {box.node.key for box in layout.boxes} == set(layout.graph.keys)
    check_apart(layout)
    check_inside(layout)
    check_edges(layout)
    check_lines(layout)


def check_apart(layout: Layout) -> None:
    for one, other in combinations(layout.boxes, 2):
        assert apart(one, other, 12), f"{one.node.name} lies on {other.node.name}"
    for ground, another in combinations(layout.panels, 2):
        assert (
            ground.x + ground.width <= another.x
            or another.x + another.width <= ground.x
            or ground.y + ground.height <= another.y
            or another.y + another.height <= ground.y
        ), f"{ground.title} lies on {another.title}"


def apart(one: Box, other: Box, gap: int) -> bool:
    return (
        one.x + one.width + gap <= other.x
        or other.x + other.width + gap <= one.x
        or one.y + one.height + gap <= other.y
        or other.y + other.height + gap <= one.y
    )


def check_inside(layout: Layout) -> None:
    for box in layout.boxes:
        on = [
            panel
            for panel in layout.panels
            if panel.x < box.x
            and panel.y < box.y
            and box.x + box.width < panel.x + panel.width
            and box.y + box.height < panel.y + panel.height
        ]
        assert len(on) == 1, f"{box.node.name} stands on {[panel.title for panel in on]}"
        for line in box.lines:
            assert text_width(line, 13, bold=True) <= box.width - 20
    for panel in layout.panels:
        assert panel.x > 0
        assert panel.x + panel.width < layout.width
        assert panel.y + panel.height <= layout.height


def check_edges(layout: Layout) -> None:
    """What the lines join is exactly what the graph says."""
    boxes = {box.node.key: box for box in layout.boxes}
    heads = {(head.relation, head.x, head.y, head.leftwards) for head in layout.heads}
    drawn = set()
    for wire in layout.wires:
        for start, end, leftwards in ((wire.left, wire.right, False), (wire.right, wire.left, True)):
            if is_lane(start):
                continue
            begin = wire.points[-1] if leftwards else wire.points[0]
            at_edge(boxes[start], begin, right=not leftwards)
            for target, point in followed(layout, wire, end, leftwards):
                at_edge(boxes[target], point, right=leftwards)
                if (wire.relation, *point, leftwards) in heads:
                    drawn.add((start, target, wire.relation))
    assert drawn == {(edge.source, edge.target, edge.relation) for edge in layout.graph.edges}


def followed(layout: Layout, wire: Wire, item: str, leftwards: bool) -> list[tuple[str, Point]]:
    """The cards that one comes to, going on in one direction along lines that meet end to end."""
    found, waiting = [], [(item, wire)]
    while waiting:
        item, wire = waiting.pop()
        point = wire.points[0] if leftwards else wire.points[-1]
        if not is_lane(item):
            found.append((item, point))
            continue
        for following in layout.wires:
            near, far = (following.right, following.left) if leftwards else (following.left, following.right)
            meets = (following.points[-1] if leftwards else following.points[0]) == point
            if near == item and meets and following is not wire:
                waiting.append((far, following))
    return found


def at_edge(box: Box, point: Point, *, right: bool) -> None:
    assert point[0] == (box.x + box.width if right else box.x)
    assert box.y < point[1] < box.y + box.height, f"{box.node.name} is missed"


def check_lines(layout: Layout) -> None:
    """No line runs through a card, and two that have nothing in common do not lie on one another."""
    for wire in layout.wires:
        for (x, y), (x2, y2) in pairwise(wire.points):
            assert x == x2 or y == y2
            for box in layout.boxes:
                assert (
                    max(x, x2) <= box.x
                    or min(x, x2) >= box.x + box.width
                    or max(y, y2) <= box.y
                    or min(y, y2) >= box.y + box.height
                ), f"{wire.left} → {wire.right} runs through {box.node.name}"
    stretches = [(wire, a, b) for wire in layout.wires for a, b in pairwise(wire.points)]
    for (one, a, b), (other, c, d) in combinations(stretches, 2):
        if {one.left, one.right} & {other.left, other.right} or same_bundle(layout, one, other):
            continue
        assert not (a[1] == b[1] == c[1] == d[1] and max(a[0], c[0]) < min(b[0], d[0])), (
            f"{one.left} → {one.right} lies on {other.left} → {other.right}"
        )
        assert not (
            a[0] == b[0] == c[0] == d[0]
            and max(min(a[1], b[1]), min(c[1], d[1])) < min(max(a[1], b[1]), max(c[1], d[1]))
        ), f"the trunks of {one.left} → {one.right} and {other.left} → {other.right} lie on one another"


def same_bundle(layout: Layout, one: Wire, other: Wire) -> bool:
    """Whether a third line joins them: they are branches of one trunk."""
    return any(
        (third.left, third.right) in ((one.left, other.right), (other.left, one.right))
        for third in layout.wires
    )


@drawn(150)
@given(graphs())
def test_any_graph(graph: Graph) -> None:
    layout = laid_out(graph)
    check(layout)
    assert laid_out(graph) == layout


def test_the_platform(table: Table) -> None:
    layout = laid_out(graph_of(table))
    check(layout)
    assert layout.width <= 930, "fits a README at its own size"


def test_fifty_services(fifty: Graph) -> None:
    layout = laid_out(fifty)
    check(layout)
    assert layout.width <= 1700
    assert layout.height <= 1700


def test_a_lone_line_runs_straight(table: Table) -> None:
    layout = laid_out(graph_of(table))
    for wire in layout.wires:
        ends = (wire.left, wire.right)
        alone = sum(set(ends) & {w.left, w.right} != set() for w in layout.wires) == 1
        assert not alone or wire.points[0][1] == wire.points[-1][1]


def test_cards_stand_on_the_grid(fifty: Graph) -> None:
    centres = [box.y + box.height // 2 for box in laid_out(fifty).boxes if box.node.kind is NodeKind.SERVICE]
    assert len({centre % GRID for centre in centres}) == 1


def test_who_calls_stands_left_of_whom_it_calls(shop: Table) -> None:
    layout = laid_out(graph_of(shop))
    x = {box.node.name: box.x for box in layout.boxes}
    assert x["page"] < x["order-service"] < x["stock"] == x["bank"]
