"""dev/services.yaml is valid."""

from __future__ import annotations

from devkit.checks import check
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine


@check("project.table", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises Problems, one for each mistake."""
    return f"{len(machine.fact(table).services)} services"
