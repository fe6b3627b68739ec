"""Every key of the secrets is one of the table's."""

from __future__ import annotations

from devkit.doctor.facts.secret import as_problems, secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.doctor.model import Problems
from devkit.secrets.inspect import unknown_keys

AFTER = ("project.table", "secrets.present")


def check(machine: Machine) -> str:
    """Raises Problems, a warning for each key that no service uses."""
    known, document = machine.fact(table), machine.fact(secrets_read)
    if found := as_problems(unknown_keys(known, document)):
        for problem in found:
            problem.part = None
        raise Problems(found)
    return f"{len(document.values)} keys"
