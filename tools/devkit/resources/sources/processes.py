"""The local engine's process trees: a service is the process that `status` shows, and all its children."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import psutil

from devkit.base.process_identity import describe
from devkit.engines.events import State, Status
from devkit.resources.model import Part, Reading
from devkit.resources.sources.protocol import Look

__all__ = ["ProcessSource", "read_tree"]

_NOT_THERE = {State.OFF, State.STOPPED, State.CRASHED, State.WAITING, State.PREPARING}


class ProcessSource:
    """Reads /proc (or its like) for the units that `statuses` names. `off` says why a service does not run there."""

    name = "processes"
    period = 1.0
    deadline = 10.0

    def __init__(
        self, statuses: Callable[[], Sequence[Status]], services: Sequence[str], off: Mapping[str, str]
    ) -> None:
        self._statuses = statuses
        self._services = services
        self._off = off

    def look(self) -> Look:
        readings: list[Reading] = []
        units = {unit.name: unit for unit in self._statuses()}
        absent: dict[str, str] = {}
        for name in self._services:
            unit = units.get(name)
            if unit is None:
                absent[name] = self._off.get(name, "is not among what up was asked to start")
            elif unit.pid is None or unit.state in _NOT_THERE:
                absent[name] = unit.detail or unit.state.value
            elif (reading := read_tree(name, unit.pid)) is None:
                absent[name] = "its process ended"
            else:
                readings.append(reading)
        return Look(tuple(readings), absent)


def read_tree(service: str, pid: int) -> Reading | None:
    """A process with all its children; None when it has ended. Children that end meanwhile are left out.

    What a container of its own would be charged with is estimated: every process's private pages, and once the largest
    part that one of them shares. RSS would count pages that the tree shares (Postgres's buffers) in each process. PSS,
    which `share` has, divides them also among processes of *other* services, from which the local engine forks; in a
    container of its own a service pays for them alone.
    """
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return None
    at = time.monotonic()
    parts: dict[str, Part] = {}
    private = shared = share = 0
    for process in tree:
        identity = describe(process.pid)
        try:
            times = process.cpu_times()
            full = process.memory_full_info()
        except psutil.Error:
            identity = None
        if identity is None:
            if process is root:
                return None
            continue
        parts[str(identity)] = Part(times.user + times.system, identity.age)
        private += full.uss
        shared = max(shared, full.rss - full.uss)
        share += getattr(full, "pss", full.rss)
    return Reading(service, service, at, parts, private + shared, share)
