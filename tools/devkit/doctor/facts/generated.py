"""What follows from the table, compared with the clone."""

from __future__ import annotations

from devkit.checks import Problem
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.render.generate import Survey, survey

__all__ = ["generated"]


def generated(machine: Machine) -> Survey:
    """What `generate` would change. A check that uses it comes AFTER project.table. Raises Problem."""
    try:
        return survey(machine.root, machine.fact(table))
    except OSError as failure:
        what = f"{failure.filename}: {failure.strerror}" if failure.filename else str(failure)
        raise Problem(
            f"what follows from the table cannot be compared: {what}", "check who may read there"
        ) from None
