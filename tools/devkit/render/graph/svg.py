"""Layout → SVG: one file, for light and dark, that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devkit.render.graph.draw import box_parts, tip
from devkit.render.graph.layout import MARGIN, laid_out
from devkit.render.graph.legend import legend_parts, legend_width
from devkit.render.graph.measure import text_width
from devkit.render.graph.model import Graph, Node, NodeKind, Relation
from devkit.render.graph.shapes import Head, Panel, Wire
from devkit.render.graph.style import style_sheet
from devkit.render.graph.summary import drawable
from devkit.render.graph.xml import xml_text

__all__ = ["svg"]

_RADIUS = 8
_TITLE, _STATUS = 16, 12
_VERBS = {
    Relation.CALLS: "calls",
    Relation.WEBHOOK: "posts webhooks to",
    Relation.NEEDS: "waits for",
}


def svg(graph: Graph, status: str = "") -> str:
    """The picture, ending in one line break. `status` stands beside its title."""
    graph = drawable(graph)
    least = round(text_width(graph.title, _TITLE, bold=True) + text_width(status, _STATUS)) + MARGIN
    layout = laid_out(graph, max(least, legend_width(graph)))
    legend, end = legend_parts(graph, MARGIN, layout.width - MARGIN, layout.height)
    height = end + MARGIN - 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width}" height="{height}" '
        f'viewBox="0 0 {layout.width} {height}" role="img" aria-labelledby="picture-title picture-text">',
        f'<title id="picture-title">{xml_text(graph.title)}</title>',
        f'<desc id="picture-text">{xml_text(_told(graph))}</desc>',
        f"<style>\n{style_sheet()}\n</style>",
        f'<rect class="ground rim" x=".5" y=".5" width="{layout.width - 1}" height="{height - 1}" rx="12"/>',
        f'<text class="title text" x="{MARGIN}" y="{MARGIN + 14}" font-size="{_TITLE}">{xml_text(graph.title)}</text>',
    ]
    if status:
        lines.append(
            f'<text class="soft" x="{layout.width - MARGIN}" y="{MARGIN + 14}" font-size="{_STATUS}" '
            f'text-anchor="end">{xml_text(status)}</text>'
        )
    for panel in layout.panels:
        lines += _panel(panel)
    lines += _wires(layout.wires)
    lines += map(_head, layout.heads)
    for box in layout.boxes:
        lines += box_parts(box, graph)
    return "\n".join([*lines, *legend, "</svg>", ""])


def _panel(panel: Panel) -> Iterator[str]:
    yield (
        f'<rect class="panel" x="{panel.x}" y="{panel.y}" width="{panel.width}" height="{panel.height}" rx="10"/>'
    )
    yield (
        f'<text class="heading soft" x="{panel.x + 16}" y="{panel.y + 20}" font-size="11">'
        f"{xml_text(panel.title)}</text>"
    )


def _wires(wires: Sequence[Wire]) -> Iterator[str]:
    """One path for all lines of a kind."""
    for relation in Relation:
        paths = dict.fromkeys(_path(wire.points) for wire in wires if wire.relation is relation)
        if paths:
            yield f'<path class="wire {relation.value}" d="{"".join(paths)}"/>'


def _path(points: Sequence[tuple[int, int]]) -> str:
    """A line with rounded corners."""
    if len(points) == 2:
        return f"M{points[0][0]} {points[0][1]}H{points[1][0]}"
    (x0, y0), (x1, y1), (_, y2), (x3, _) = points
    r = min(_RADIUS, abs(y2 - y1) // 2)
    down = r if y2 > y1 else -r
    return f"M{x0} {y0}H{x1 - r}q{r} 0 {r} {down}V{y2 - down}q0 {down} {r} {down}H{x3}"


def _head(head: Head) -> str:
    return tip(head.relation, head.x, head.y, leftwards=head.leftwards)


def _told(graph: Graph) -> str:
    """The picture in sentences."""
    return " ".join(_sentence(graph, node) for node in graph.nodes)


def _sentence(graph: Graph, node: Node) -> str:
    parts = []
    for relation in Relation:
        targets = [
            edge.target for edge in graph.edges if (edge.source, edge.relation) == (node.key, relation)
        ]
        if targets:
            parts.append(f"{_VERBS[relation]} {', '.join(dict.fromkeys(targets))}")
    if node.needs:
        parts.append(f"needs {', '.join(node.needs)}")
    more = "; ".join(parts)
    kind = "provider " if node.kind is NodeKind.PROVIDER else ""
    where = f" (port {node.port})" if node.port else ""
    state = f", {node.live.state}" if node.live else ""
    return f"{kind}{node.name}{where}{state}" + (f": {more}." if more else ".")
