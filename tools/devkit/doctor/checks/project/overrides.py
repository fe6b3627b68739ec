"""tilt_config.json is valid."""

from __future__ import annotations

from devkit.checks import Problem, Problems, check
from devkit.doctor.facts.tables import overrides, table
from devkit.doctor.machine import Machine
from devkit.table.overrides import inspect_config, read_config


@check("project.overrides", __doc__, after=("project.table",), engine="tilt", early=True)
def run(machine: Machine) -> str:
    """Raises Problems, one for each mistake."""
    if found := inspect_config(machine.root, machine.fact(table)):
        raise Problems(Problem.of(each) for each in found)
    machine.fact(overrides)
    changed = list(read_config(machine.root)[0])
    return f"changes {', '.join(changed)}" if changed else "changes nothing"
