"""No secret is empty, a placeholder, or anything but one line of text."""

from __future__ import annotations

from devkit.doctor.facts.secret import as_problems, secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.doctor.model import Fix, Problem, Problems
from devkit.secrets import ensure_secrets
from devkit.secrets.inspect import doubtful_values

AFTER = ("project.table", "secrets.present")


def check(machine: Machine) -> str:
    """Raises Problems, one for each such value; none is shown."""
    known, document = machine.fact(table), machine.fact(secrets_read)
    if found := as_problems(doubtful_values(known, document)):
        raise Problems(_with_fix(problem) for problem in found)
    return f"{len(document.values)} values"


def _with_fix(problem: Problem) -> Problem:
    if problem.part == "empty":  # what is empty is made as if it were missing
        problem.fix = Fix("./devkit secrets init", _fill)
    return problem


def _fill(machine: Machine) -> None:
    ensure_secrets(machine.root, machine.fact(table))
