"""There are enough cores for every service."""

from __future__ import annotations

from devkit.checks import check, note, warning
from devkit.doctor.facts.hardware import cores as usable
from devkit.doctor.facts.needs import requested
from devkit.doctor.machine import Machine


@check("limits.cores", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Raises a warning for a single core, a note when the services ask for more than there are."""
    cores = usable(machine)["usable"]
    asked = machine.fact(requested)["cpu"]
    if cores < 2:
        raise warning("one core: a reload stops everything else", "give this machine (or its container) two")
    if asked > cores:
        raise note(f"{cores} cores; the services ask for {asked:f} in all", "run less: ./devkit up SERVICE…")
    return f"{cores}, {asked:f} asked for"
