"""The lines between the columns, point by point, and from them how far apart the columns are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devkit.render.graph.bundles import Net, is_lane
from devkit.render.graph.ports import Port, left_port, port_offsets, right_port
from devkit.render.graph.shapes import Head, Wire
from devkit.render.graph.tracks import Strand, clashes, tracked

__all__ = ["wired"]

_LEAST, _BEFORE, _AFTER, _STEP = 48, 16, 24, 8
_BORDER = 32  # between a gutter's columns when two panels end there
_NUDGE, _TRIES = 3, 3


def wired(
    columns: Sequence[Sequence[str]],
    nets: Sequence[Net],
    centre: Mapping[str, int],
    width: int,
    left: int,
    border: bool,
) -> tuple[list[int], list[Wire], list[Head]]:
    """The left edge of each column, all lines and all arrow tips, given the items' centres and the cards' width.

    With `border` the first column stands on panels of its own.
    """
    ports = {port: centre[port[0]] + below for port, below in port_offsets(nets, centre).items()}
    for _ in range(_TRIES):
        strands = [_strand(net, ports) for net in nets]
        tracks, lying = _tracks(nets, strands)
        if not lying:
            break
        moved = set(lying)
        ports = {port: y + _NUDGE * (port[0] in moved) for port, y in ports.items()}
    x = [left] * bool(columns)
    for gutter in range(len(columns) - 1):
        used = [tracks[i] + 1 for i, net in enumerate(nets) if net.gutter == gutter]
        wide = max(_LEAST, _BEFORE + _AFTER + _STEP * (max(used, default=1) - 1))
        x.append(x[-1] + width + wide + (_BORDER if border and gutter == 0 else 0))
    wires = [
        wire for i, net in enumerate(nets) for wire in _wires(net, strands[i], tracks, i, x, width, nets)
    ]
    wires += _lanes(nets, ports, columns, x, width)
    return x, wires, _heads(nets, strands, x, width)


def _strand(net: Net, ports: Mapping[Port, int]) -> Strand:
    return Strand(
        tuple((item, ports[right_port(net, item)]) for item in net.lefts),
        tuple((item, ports[left_port(net, item)]) for item in net.rights),
    )


def _tracks(nets: Sequence[Net], strands: Sequence[Strand]) -> tuple[list[int], list[str]]:
    """Each net's track in its gutter, and items whose lines lie on others'."""
    tracks = [0] * len(nets)
    lying: list[str] = []
    for gutter in sorted({net.gutter for net in nets}):
        here = [i for i, net in enumerate(nets) if net.gutter == gutter]
        found = tracked([strands[i] for i in here])
        lying += clashes([strands[i] for i in here], found)
        for i, track in zip(here, found, strict=True):
            tracks[i] = track
    return tracks, lying


def _wires(
    net: Net,
    strand: Strand,
    tracks: Sequence[int],
    index: int,
    x: Sequence[int],
    width: int,
    nets: Sequence[Net],
) -> list[Wire]:
    begin, end = x[net.gutter] + width, x[net.gutter + 1]
    count = max(tracks[i] for i, other in enumerate(nets) if other.gutter == net.gutter)
    first = begin + _BEFORE + (end - begin - _BEFORE - _AFTER - _STEP * count) // 2
    trunk = first + _STEP * tracks[index]
    found = []
    for left, low in strand.lefts:
        for right, high in strand.rights:
            bend = ((trunk, low), (trunk, high)) if low != high else ()
            found.append(Wire(net.relation, left, right, ((begin, low), *bend, (end, high))))
    return found


def _lanes(
    nets: Sequence[Net],
    ports: Mapping[Port, int],
    columns: Sequence[Sequence[str]],
    x: Sequence[int],
    width: int,
) -> list[Wire]:
    """The ways through columns."""
    relation = {item: net for net in nets for item in net.lefts if is_lane(item)}
    found = []
    for at, column in enumerate(columns):
        for item in filter(is_lane, column):
            net = relation[item]
            y = ports[right_port(net, item)]
            found.append(Wire(net.relation, item, item, ((x[at], y), (x[at] + width, y))))
    return found


def _heads(nets: Sequence[Net], strands: Sequence[Strand], x: Sequence[int], width: int) -> list[Head]:
    found: dict[Head, None] = {}
    for net, strand in zip(nets, strands, strict=True):
        at = x[net.gutter] + width if net.back else x[net.gutter + 1]
        for item, y in strand.lefts if net.back else strand.rights:
            if not is_lane(item):
                found[Head(net.relation, at, y, net.back)] = None
    return list(found)
