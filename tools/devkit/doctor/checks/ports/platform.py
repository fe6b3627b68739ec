"""Every service's port is free, or held by this clone's own platform."""

from __future__ import annotations

from devkit.checks import Problems, check
from devkit.doctor.facts.ports import belongs_here, port_problems, ports
from devkit.doctor.machine import Machine


@check("ports.platform", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems, one for each port that somebody else has."""
    known = machine.fact(ports)
    if found := list(port_problems(machine, known.platform, "")):
        raise Problems(found)
    ours = {h.port for h in known.holders if h.port in known.platform and belongs_here(machine, h)}
    moved = f", moved by {known.offset}" if known.offset else ""
    return (
        f"{len(known.platform) - len(ours)} free{f', {len(ours)} held by this clone' if ours else ''}{moved}"
    )
