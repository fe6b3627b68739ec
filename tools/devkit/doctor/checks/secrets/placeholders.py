"""No secret is empty, a placeholder, or anything but one line of text."""

from __future__ import annotations

from devkit.checks import Fix, Problem, Problems, check
from devkit.doctor.facts.findings import problems_in
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.secrets import ensure_secrets


@check("secrets.placeholders", __doc__, after=("project.table", "secrets.present"))
def run(machine: Machine) -> str:
    """Raises Problems, one for each such value; none is shown."""
    found = machine.fact(secrets_read)
    if problems := problems_in(found["doubtful"]):
        raise Problems(_with_fix(problem) for problem in problems)
    return f"{found['keys']} values"


def _with_fix(problem: Problem) -> Problem:
    if problem.part == "empty":  # what is empty is made as if it were missing
        problem.fix = Fix("./devkit secrets init", _fill)
    return problem


def _fill(machine: Machine) -> None:
    ensure_secrets(machine.root, machine.fact(table))
