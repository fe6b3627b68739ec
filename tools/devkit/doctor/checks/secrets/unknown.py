"""Every key of the secrets is one of the table's."""

from __future__ import annotations

from devkit.checks import Problems, check
from devkit.doctor.facts.findings import problems_in
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.machine import Machine


@check("secrets.unknown", __doc__, after=("project.table", "secrets.present"))
def run(machine: Machine) -> str:
    """Raises Problems, a warning for each key that no service uses."""
    found = machine.fact(secrets_read)
    if problems := problems_in(found["unknown"]):
        raise Problems(problem.changed(part=None) for problem in problems)
    return f"{found['keys']} keys"
