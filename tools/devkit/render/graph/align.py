"""How high each item stands: in the given order, apart, and as level with its neighbours as that allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from devkit.render.graph.bundles import Net, is_lane
from devkit.render.graph.ports import Port, left_port, right_port

__all__ = ["GRID", "aligned"]

GRID = 8
_ROUNDS = 10
_Wish = tuple[str, float, int]  # level with this item, how much, and how far below its centre


def aligned(
    columns: Sequence[Sequence[str]],
    nets: Sequence[Net],
    apart: Callable[[str, str], int],
    offsets: Mapping[Port, int],
) -> dict[str, int]:
    """The centre of every item in px downwards, a multiple of `GRID`; `apart` is the least distance of two neighbours,
    `offsets` where lines meet an item, from its centre (default: the centre itself)."""
    wishes = _wishes(nets, offsets)
    depth = [_depths(column, apart) for column in columns]
    tallest = max((offsets[-1] for offsets in depth if offsets), default=0)
    centre: dict[str, float] = {}
    for column, depths in zip(columns, depth, strict=True):
        for item, down in zip(column, depths, strict=True):
            centre[item] = down + (tallest - depths[-1]) / 2
    order = list(range(len(columns)))
    for round_ in range(_ROUNDS):
        for at in order if round_ % 2 else order[::-1]:
            _settle(columns[at], depth[at], wishes, centre, 1)
    for at in order:
        _settle(columns[at], depth[at], wishes, centre, GRID)
    return {item: round(y) for item, y in centre.items()}


def _wishes(nets: Sequence[Net], offsets: Mapping[Port, int]) -> Mapping[str, list[_Wish]]:
    """What each item wants to be level with: lanes and lone lines above all should run straight."""
    found: dict[str, list[_Wish]] = {}
    for net in nets:
        for a in net.lefts:
            for b in net.rights:
                weight = 4 / max(len(net.lefts), len(net.rights)) + 3 * is_lane(a) + 3 * is_lane(b)
                below = offsets.get(right_port(net, a), 0) - offsets.get(left_port(net, b), 0)
                found.setdefault(a, []).append((b, weight, -below))
                found.setdefault(b, []).append((a, weight, below))
    return found


def _depths(column: Sequence[str], apart: Callable[[str, str], int]) -> list[int]:
    depths = [0] * bool(column)
    for upper, lower in pairwise(column):
        depths.append(depths[-1] + apart(upper, lower))
    return depths


def _settle(
    column: Sequence[str],
    depths: Sequence[int],
    wishes: Mapping[str, list[_Wish]],
    centre: dict[str, float],
    grid: int,
) -> None:
    """Least squares under the order: items that would overlap are pooled and moved as one."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for item, down in zip(column, depths, strict=True):
        its_wishes = wishes.get(item, [])
        total = sum(weight for _, weight, _ in its_wishes)
        wish = (
            sum((centre[o] + below) * w for o, w, below in its_wishes) / total if its_wishes else centre[item]
        )
        mean, weight, count = wish - down, (4.0 if is_lane(item) else 1.0 if its_wishes else 0.05), 1
        while pools and pools[-1][0] >= mean:
            upper, more, members = pools.pop()
            mean = (upper * more + mean * weight) / (more + weight)
            weight, count = weight + more, count + members
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    for item, down, mean in zip(column, depths, means, strict=True):
        centre[item] = down + round(mean / grid) * grid if grid > 1 else down + mean
