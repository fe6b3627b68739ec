"""Where between two columns each bundle's trunk runs, so that lines neither lie on one another nor cross without need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Strand", "clashes", "tracked"]

_CLASH = 1000
_APART = 12


@dataclass(frozen=True)
class Strand:
    """A net with its ends' heights in px: (item, y)."""

    lefts: tuple[tuple[str, int], ...]
    rights: tuple[tuple[str, int], ...]

    @property
    def straight(self) -> bool:
        """Whether it needs no trunk."""
        return len({y for _, y in (*self.lefts, *self.rights)}) == 1

    @property
    def span(self) -> tuple[int, int]:
        """The trunk's ends."""
        heights = [y for _, y in (*self.lefts, *self.rights)]
        return min(heights), max(heights)


def tracked(strands: Sequence[Strand]) -> list[int]:
    """The track of each strand, from 0 on the left; trunks on one track keep apart. 0 for straight ones."""
    bent = [index for index, strand in enumerate(strands) if not strand.straight]
    cost = {(i, j): _cost(strands[i], strands[j]) for i in bent for j in bent if i != j}
    order = _improved(sorted(bent, key=lambda index: strands[index].span), cost)
    track = dict.fromkeys(range(len(strands)), 0)
    for at, index in enumerate(order):
        earlier = [other for other in order[:at] if _overlap(strands[other], strands[index])]
        track[index] = max((track[other] + 1 for other in earlier), default=0)
    return [track[index] for index in range(len(strands))]


def clashes(strands: Sequence[Strand], tracks: Sequence[int]) -> list[str]:
    """Items on the right whose line would lie on another strand's line from the left."""
    found = []
    for i, one in enumerate(strands):
        for j, other in enumerate(strands):
            if i != j and (one.straight or other.straight or tracks[i] >= tracks[j]):
                found += _shared(one, other)
    return found


def _shared(one: Strand, other: Strand) -> list[str]:
    """Right ends of `other` at the height of a left end of `one`, unless that end is joined to it anyway."""
    ours = {item for item, _ in one.rights}
    theirs = {item for item, _ in other.lefts}
    return [
        item
        for item, y in other.rights
        if item not in ours and any(y == height and left not in theirs for left, height in one.lefts)
    ]


def _cost(one: Strand, other: Strand) -> int:
    """Crossings when `one`'s trunk is left of `other`'s, and lines that would lie on one another."""
    low, high = one.span
    from_right = sum(low < y < high for _, y in other.lefts)
    low, high = other.span
    from_left = sum(low < y < high for _, y in one.rights)
    return from_right + from_left + _CLASH * len(_shared(other, one))


def _improved(order: list[int], cost: dict[tuple[int, int], int]) -> list[int]:
    """Each moved to where it costs least, until nothing gets better."""
    for _ in range(len(order)):
        before = list(order)
        for item in before:
            rest = [other for other in order if other != item]
            # From the place at the far left on, each step to the right exchanges it with one other.
            costs = [0]
            for other in rest:
                costs.append(costs[-1] + cost[other, item] - cost[item, other])
            best = min(range(len(costs)), key=lambda at: (costs[at], abs(at - order.index(item))))
            order = [*rest[:best], item, *rest[best:]]
        if order == before:
            break
    return order


def _overlap(one: Strand, other: Strand) -> bool:
    (low, high), (begin, end) = one.span, other.span
    return low - _APART < end and begin - _APART < high
