"""tilt_config.json is valid."""

from __future__ import annotations

import contextlib

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Problems, check
from devkit.doctor.facts.tables import config, overrides, table
from devkit.doctor.machine import Machine
from devkit.table.overrides import inspect_config


@check("project.overrides", __doc__, after=("project.table",), engine="tilt", early=True)
def run(machine: Machine) -> str:
    """Raises Problems, one for each mistake."""
    with contextlib.suppress(DevkitError):
        machine.fact(config)  # so that it is recorded
    if found := inspect_config(machine.clone, machine.fact(table)):
        raise Problems(Problem.of(each) for each in found)
    machine.fact(overrides)
    changed = list(machine.fact(config)[0])
    return f"changes {', '.join(changed)}" if changed else "changes nothing"
