"""Edges that share an end run together: one trunk with branches, instead of a line each.

Every edge goes into one bundle, that of its busier end. What crosses a column runs through it in a lane, one a bundle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devkit.render.graph.model import Edge, Relation

__all__ = ["Net", "bundled", "is_lane"]

_LANE = "lane/"


@dataclass(frozen=True)
class Net:
    """A bundle's part between column `gutter` and the next: all `lefts` are joined with all `rights`; one side has one.

    `back`: it runs from right to left.
    """

    gutter: int
    relation: Relation
    back: bool
    lefts: tuple[str, ...]
    rights: tuple[str, ...]


def is_lane(item: str) -> bool:
    """Whether it is a bundle's way through a column, and no node."""
    return item.startswith(_LANE)


def bundled(columns: Mapping[str, int], edges: Sequence[Edge]) -> tuple[list[list[str]], list[Net]]:
    """The items of every column, lanes last, and the nets between."""
    items: list[list[str]] = [[] for _ in range(max(columns.values(), default=-1) + 1)]
    for node, column in columns.items():
        items[column].append(node)
    nets: list[Net] = []
    for (relation, back, left_hub, hub), leaves in _bundles(columns, edges).items():
        far = [columns[leaf] for leaf in leaves]
        low, high = (columns[hub], max(far)) if left_hub else (min(far), columns[hub])
        lane = f"{_LANE}{relation.value}/{int(back)}{int(left_hub)}/{hub}/"
        for column in range(low + 1, high):
            items[column].append(f"{lane}{column}")
        for gutter in range(low, high):
            if left_hub:
                lefts = (hub if gutter == low else f"{lane}{gutter}",)
                beyond = (f"{lane}{gutter + 1}",) if gutter + 1 < high else ()
                rights = (*(leaf for leaf in leaves if columns[leaf] == gutter + 1), *beyond)
            else:
                beyond = (f"{lane}{gutter}",) if gutter > low else ()
                lefts = (*(leaf for leaf in leaves if columns[leaf] == gutter), *beyond)
                rights = (hub if gutter + 1 == high else f"{lane}{gutter + 1}",)
            nets.append(Net(gutter, relation, back, lefts, rights))
    return items, nets


def _bundles(
    columns: Mapping[str, int], edges: Sequence[Edge]
) -> dict[tuple[Relation, bool, bool, str], list[str]]:
    """(relation, back, whether the hub is on the left, hub) → its other ends."""
    ends: Counter[tuple[Relation, bool, str, str]] = Counter()
    known = dict.fromkeys((edge.relation, edge.source, edge.target) for edge in edges)
    turned: list[tuple[Relation, bool, str, str]] = []
    for relation, source, target in known:
        back = columns[source] > columns[target]
        turned.append((relation, back, target, source) if back else (relation, back, source, target))
    for relation, back, left, right in turned:
        ends[relation, back, "left", left] += 1
        ends[relation, back, "right", right] += 1
    found: dict[tuple[Relation, bool, bool, str], list[str]] = {}
    for relation, back, left, right in turned:
        on_left = ends[relation, back, "left", left] >= ends[relation, back, "right", right]
        hub, leaf = (left, right) if on_left else (right, left)
        found.setdefault((relation, back, on_left, hub), []).append(leaf)
    return found
