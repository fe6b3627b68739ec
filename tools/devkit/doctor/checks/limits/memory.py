"""There is memory for every service."""

from __future__ import annotations

from pathlib import Path

from devkit.checks import Skipped, check, warning
from devkit.doctor.facts.needs import requested, runs
from devkit.doctor.machine import Machine

_GROUP = Path("/sys/fs/cgroup")


@check("limits.memory", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises a warning when less is free than the services request in all."""
    import psutil

    if machine.fact(runs):
        raise Skipped("the platform runs: it has its memory")
    needed = int(machine.fact(requested)["memory"])
    try:
        free = psutil.virtual_memory().available
    except (OSError, psutil.Error, RuntimeError):
        raise Skipped("how much is free is not told") from None
    room = _left_in_group()
    whose = "this machine"
    if room is not None and room < free:
        free, whose = room, "this container"
    if free < needed:
        raise warning(
            f"{_size(free)} of memory are free on {whose}; the services ask for {_size(needed)} in all",
            "close something large, or run less: ./devkit up SERVICE…",
        )
    return f"{_size(free)} free, {_size(needed)} asked for"


def _left_in_group() -> int | None:
    """Bytes until the limit of the container that this may be in."""
    for most, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):  # fmt: skip
        try:
            return int((_GROUP / most).read_text("ascii")) - int((_GROUP / used).read_text("ascii"))
        except (OSError, ValueError):
            continue
    return None


def _size(amount: int) -> str:
    return f"{amount / 2**30:.1f} GB" if amount >= 2**30 else f"{max(amount, 0) / 2**20:.0f} MB"
