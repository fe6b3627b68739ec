"""Every key of the secrets is one of the table's."""

from __future__ import annotations

from devkit.checks import Problem, Problems, check
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.secrets.inspect import unknown_keys


@check("secrets.unknown", __doc__, after=("project.table", "secrets.present"))
def run(machine: Machine) -> str:
    """Raises Problems, a warning for each key that no service uses."""
    known, document = machine.fact(table), machine.fact(secrets_read)
    if found := [Problem.of(each) for each in unknown_keys(known, document)]:
        for problem in found:
            problem.part = None
        raise Problems(found)
    return f"{len(document.values)} keys"
