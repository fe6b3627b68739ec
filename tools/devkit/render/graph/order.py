"""In which order the items of a column stand, so that few lines cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

from devkit.render.graph.bundles import Net

__all__ = ["crossings", "ordered"]

_SWEEPS = 12
_Links = dict[str, list[str]]


def ordered(
    columns: Sequence[Sequence[str]], nets: Sequence[Net], block: Mapping[str, int]
) -> list[list[str]]:
    """The columns, each in a good order. Items of a lower `block` stay above those of a higher one."""
    left, right = _links(nets)
    now = [sorted(column, key=lambda item: block.get(item, 0)) for column in columns]
    best, least = now, crossings(now, right)
    for sweep in range(_SWEEPS):
        now = _swept(now, left, block) if sweep % 2 == 0 else _swept(now[::-1], right, block)[::-1]
        now = _swapped(now, left, right, block)
        if (count := crossings(now, right)) < least:
            best, least = [list(column) for column in now], count
    return [list(column) for column in best]


def crossings(columns: Sequence[Sequence[str]], right: Mapping[str, Sequence[str]]) -> int:
    """How often lines between neighbouring columns cross, were they straight."""
    total = 0
    for column, following in pairwise(columns):
        place = {item: index for index, item in enumerate(following)}
        seen: list[int] = []
        for item in column:
            ends = sorted(place[other] for other in right.get(item, ()))
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _links(nets: Sequence[Net]) -> tuple[_Links, _Links]:
    left: _Links = {}
    right: _Links = {}
    for net in nets:
        for a in net.lefts:
            for b in net.rights:
                right.setdefault(a, []).append(b)
                left.setdefault(b, []).append(a)
    return left, right


def _swept(columns: Sequence[list[str]], before: _Links, block: Mapping[str, int]) -> list[list[str]]:
    """Each column by the mean place of its items' neighbours in the one before."""
    result = list(columns[:1])
    for column in columns[1:]:
        place = {item: index for index, item in enumerate(result[-1])}
        weight = {}
        for index, item in enumerate(column):
            ends = [place[other] for other in before.get(item, ()) if other in place]
            weight[item] = sum(ends) / len(ends) if ends else index
        result.append(sorted(column, key=lambda item: (block.get(item, 0), weight[item])))
    return result


def _swapped(
    columns: Sequence[list[str]], left: _Links, right: _Links, block: Mapping[str, int]
) -> list[list[str]]:
    """Neighbours exchanged wherever that saves a crossing."""
    result = [list(column) for column in columns]
    for index, column in enumerate(result):
        sides = []
        for links, other in ((left, index - 1), (right, index + 1)):
            near = result[other] if 0 <= other < len(result) else []
            place = {item: at for at, item in enumerate(near)}
            sides.append({i: sorted(place[o] for o in links.get(i, ()) if o in place) for i in column})
        for _ in range(len(column)):
            moved = False
            for at in range(len(column) - 1):
                upper, lower = column[at], column[at + 1]
                if block.get(upper, 0) != block.get(lower, 0):
                    continue
                saved = sum(_inverted(s[upper], s[lower]) - _inverted(s[lower], s[upper]) for s in sides)
                if saved > 0:
                    column[at], column[at + 1], moved = lower, upper, True
            if not moved:
                break
    return result


def _inverted(upper: Sequence[int], lower: Sequence[int]) -> int:
    """Crossings of two items' lines to one side, `upper` being above `lower`."""
    return sum(len(upper) - bisect_right(upper, end) for end in lower)
