"""Ports of a private instance: the table's, all moved by one number."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace

from devkit.base.errors import DevkitError
from devkit.engines.local.units import Unit
from devkit.engines.ports import holders
from devkit.model import Table

__all__ = ["free_ports", "moved", "private_offset"]

# Above what people choose, below what systems give to outgoing connections.
_LOWEST, _HIGHEST, _TRIES = 11_000, 31_000, 50


def private_offset(table: Table, taken: Collection[int] = ()) -> int:
    """A number by which the ports of all services are free when they are moved, and none that somebody else has `taken` and
    does not listen on yet. Raises DevkitError where none is found."""
    ports = [service.port for service in table.services.values()]
    for _ in range(_TRIES):
        offset = random.randrange(max(0, _LOWEST - min(ports)), max(1, _HIGHEST - max(ports)), 10)
        moved_to = {port + offset: "the private instance" for port in ports}
        if moved_to.keys().isdisjoint(taken) and not holders(moved_to):
            return offset
    raise DevkitError(f"no free ports between {_LOWEST} and {_HIGHEST} for a private instance")


def free_ports(number: int, taken: Collection[int] = ()) -> list[int]:
    """So many different ports that are free now, without those that are `taken`. Raises DevkitError where there are not so
    many."""
    found: list[int] = []
    for port in random.sample(range(_LOWEST, _HIGHEST), _HIGHEST - _LOWEST):
        if len(found) == number:
            return found
        if port not in taken and not holders({port: "the private instance"}):
            found.append(port)
    raise DevkitError(f"no {number} free ports between {_LOWEST} and {_HIGHEST} for a private instance")


def moved(unit: Unit, port: int) -> Unit:
    """A service in Python that listens on another port."""
    assert unit.process is not None
    process = replace(unit.process, start={**unit.process.start, "port": port})
    return replace(unit, port=port, process=process)
