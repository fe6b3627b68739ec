"""There is memory for every service."""

from __future__ import annotations

from devkit.checks import Skipped, check, warning
from devkit.doctor.facts.hardware import free_memory
from devkit.doctor.facts.needs import requested, runs
from devkit.doctor.machine import Machine


@check("limits.memory", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises a warning when less is free than the services request in all."""
    if machine.fact(runs):
        raise Skipped("the platform is running and has its memory")
    needed = int(machine.fact(requested)["memory"])
    found = free_memory(machine)
    free, room, whose = found["machine"] or 0, found["container"], "this machine"
    if room is not None and room < free:
        free, whose = room, "this container"
    if free < needed:
        raise warning(
            f"{_size(free)} of memory are free on {whose}; the services ask for {_size(needed)} in all",
            "close something large, or run less: ./devkit up SERVICE…",
        )
    return f"{_size(free)} free, {_size(needed)} asked for"


def _size(amount: int) -> str:
    return f"{amount / 2**30:.1f} GB" if amount >= 2**30 else f"{max(amount, 0) / 2**20:.0f} MB"
