"""dev/services.yaml is valid."""

from __future__ import annotations

from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine

EARLY = True


def check(machine: Machine) -> str:
    """Raises Problems, one for each mistake."""
    return f"{len(machine.fact(table).services)} services"
