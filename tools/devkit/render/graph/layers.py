"""Which column each node stands in: callers to the left of whom they call, as far as cycles allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["columns_of"]

Pair = tuple[str, str]


def columns_of(nodes: Sequence[str], edges: Iterable[Pair], first: Sequence[str]) -> dict[str, int]:
    """The column of every node, from 0. No edge lies within a column; one that closes a cycle leads back.

    Those in `first` that nobody calls have the first column to themselves.
    """
    wanted = sorted(set(edges), key=_by_place([*first, *nodes]))
    called = {target for _, target in wanted}
    outside = [node for node in first if node not in called]
    inner = [node for node in nodes if node not in outside]
    forward = _without_cycles([*outside, *inner], wanted)
    column = _longest_paths([*outside, *inner], forward, outside)
    _draw_closer(inner, forward, column)
    return {node: column[node] for node in nodes}


def _by_place(order: Sequence[str]) -> Callable[[Pair], tuple[int, int]]:
    place = {node: index for index, node in reversed(list(enumerate(order)))}
    return lambda pair: (place[pair[0]], place[pair[1]])


def _without_cycles(order: Sequence[str], edges: Sequence[Pair]) -> list[Pair]:
    """The edges but for those that lead back to where a walk came from; walks begin where nothing leads to."""
    after: dict[str, list[str]] = {node: [] for node in order}
    for source, target in edges:
        after[source].append(target)
    called = {target for _, target in edges}
    back: set[Pair] = set()
    done: set[str] = set()
    for start in sorted(order, key=lambda node: node in called):
        _walk(start, after, done, back)
    return [edge for edge in edges if edge not in back]


def _walk(start: str, after: Mapping[str, list[str]], done: set[str], back: set[Pair]) -> None:
    if start in done:
        return
    path, on_path = [(start, iter(after[start]))], {start}
    while path:
        node, targets = path[-1]
        for target in targets:
            if target in on_path:
                back.add((node, target))
            elif target not in done:
                on_path.add(target)
                path.append((target, iter(after[target])))
                break
        else:
            path.pop()
            on_path.discard(node)
            done.add(node)


def _longest_paths(order: Sequence[str], forward: Sequence[Pair], outside: Sequence[str]) -> dict[str, int]:
    before: dict[str, list[str]] = {node: [] for node in order}
    waiting = dict.fromkeys(order, 0)
    after: dict[str, list[str]] = {node: [] for node in order}
    for source, target in forward:
        before[target].append(source)
        after[source].append(target)
        waiting[target] += 1
    least = {node: 0 if node in outside or not outside else 1 for node in order}
    ready = [node for node in order if not waiting[node]]
    column: dict[str, int] = {}
    for node in ready:  # grows while it is walked
        column[node] = max([least[node], *(column[source] + 1 for source in before[node])])
        for target in after[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return column


def _draw_closer(inner: Sequence[str], forward: Sequence[Pair], column: dict[str, int]) -> None:
    """What nobody calls stands next to what it calls."""
    called = {target for _, target in forward}
    for node in inner:
        targets = [column[target] for source, target in forward if source == node]
        if node not in called and targets:
            column[node] = max(column[node], min(targets) - 1)
