"""The compilers and runtimes that services run on are there."""

from __future__ import annotations

from devkit.checks import Problem, Problems, Skipped, check, warning
from devkit.doctor.facts.needs import without
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine

# These have checks of their own, since more than their absence may be wrong.
_CHECKED = {"node", "postgres", "redis-server"}


@check("tools.toolchains", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Which are there. Raises Problems: a warning for each that is not, with the services that do not run."""
    known = machine.fact(table)
    wanted = sorted({program for s in known.services.values() for program in s.type.runs_on} - _CHECKED)
    if not wanted:
        raise Skipped("no service of the table runs on one")
    problems: list[Problem] = []
    for program in wanted:
        if machine.program(program) is None:
            names = [s.name for s in known.services.values() if program in s.type.runs_on]
            message = f"{program} is not on PATH: {without(names)}"
            problems.append(warning(message, f"install {program}", part=program))
    if problems:
        raise Problems(problems)
    return ", ".join(wanted)
