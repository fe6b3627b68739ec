"""Every debugger's port is free, or held by this clone's own platform."""

from __future__ import annotations

from devkit.checks import Problems, Skipped, check
from devkit.doctor.facts.ports import port_problems, ports
from devkit.doctor.machine import Machine


@check("ports.debug", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems, one for each port that somebody else has."""
    known = machine.fact(ports)
    if not known.debug:
        raise Skipped("no service has a debug port")
    if found := list(port_problems(machine, known.debug, "'s debugger")):
        raise Problems(found)
    return f"{len(known.debug)} ports"
