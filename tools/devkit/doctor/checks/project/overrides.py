"""tilt_config.json is valid."""

from __future__ import annotations

from devkit.doctor.facts.tables import overrides, table
from devkit.doctor.machine import Machine
from devkit.doctor.model import Problem, Problems
from devkit.table.overrides import inspect_config, read_config

AFTER = ("project.table",)
ENGINE = "tilt"
EARLY = True


def check(machine: Machine) -> str:
    """Raises Problems, one for each mistake."""
    if found := inspect_config(machine.root, machine.fact(table)):
        raise Problems(
            Problem(each.message, each.mend, place=each.place, part=each.id.partition(".")[2])
            for each in found
        )
    machine.fact(overrides)
    changed = list(read_config(machine.root)[0])
    return f"changes {', '.join(changed)}" if changed else "changes nothing"
