"""Where on an item's sides its lines begin and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devkit.render.graph.bundles import Net
from devkit.render.graph.model import Relation

__all__ = ["Port", "left_port", "port_offsets", "right_port"]

Port = tuple[str, bool, str, bool]  # item, whether on its right side, relation, back
_MAIN = (Relation.CALLS.value, False)


def right_port(net: Net, item: str) -> Port:
    """Where a net leaves an item on its left."""
    return item, True, net.relation.value, net.back


def left_port(net: Net, item: str) -> Port:
    """Where a net meets an item on its right."""
    return item, False, net.relation.value, net.back


def port_offsets(nets: Sequence[Net], centre: Mapping[str, int]) -> dict[Port, int]:
    """How far below the item's centre each port is: one for each kind of line, in the order of where they lead.

    Forward calls meet an item in the middle, so that most lines run straight.
    """
    ends: dict[tuple[str, bool], dict[Port, list[int]]] = {}
    for net in nets:
        for item in net.lefts:
            side = ends.setdefault((item, True), {})
            side.setdefault(right_port(net, item), []).extend(centre[other] for other in net.rights)
        for item in net.rights:
            side = ends.setdefault((item, False), {})
            side.setdefault(left_port(net, item), []).extend(centre[other] for other in net.lefts)
    found: dict[Port, int] = {}
    for kinds in ends.values():
        kept = sorted(kinds, key=lambda port: (sum(kinds[port]) / len(kinds[port]), port))
        main = [at for at, port in enumerate(kept) if port[2:] == _MAIN]
        middle = main[0] if main else (len(kept) - 1) // 2
        step = 16 if max(middle, len(kept) - 1 - middle) == 1 else 8
        middle = max(len(kept) - 3, min(2, middle))  # none further off than 16 px
        found |= {port: step * (at - middle) for at, port in enumerate(kept)}
    return found
