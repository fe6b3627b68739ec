"""How much memory the units use: one figure for `status`, its JSON and the table of `up`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from devkit.engines.events import Status

__all__ = ["with_memory"]


def with_memory(statuses: Sequence[Status]) -> list[Status]:
    """Each unit that is a process of this machine with its memory, in bytes: of the process and all below it, as a
    Postgres has its work done by children. A page that several processes share counts in parts (PSS) where the system tells,
    else in each of them (RSS)."""
    if all(status.pid is None for status in statuses):
        return list(statuses)
    import psutil

    children: defaultdict[int, list[psutil.Process]] = defaultdict(list)
    for process in psutil.process_iter(["ppid"]):
        children[process.info["ppid"]].append(process)

    def memory(process: psutil.Process) -> int:
        try:
            full = process.memory_full_info()
        except psutil.AccessDenied:
            return 0
        return int(getattr(full, "pss", full.rss))

    def below(pid: int) -> int:
        found = 0
        for child in children[pid]:
            try:
                found += memory(child) + below(child.pid)
            except psutil.NoSuchProcess:
                continue
        return found

    def of(pid: int | None) -> int | None:
        if pid is None:
            return None
        try:
            return memory(psutil.Process(pid)) + below(pid)
        except psutil.NoSuchProcess:
            return None

    return [replace(status, memory=of(status.pid)) for status in statuses]
