"""What .devkit holds is this clone's own."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.clone import copied
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine


@check("project.clone", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem for a copy: commands refuse it, since its database and processes may be another clone's."""
    if not there(machine, ".devkit"):
        raise Skipped("nothing has run here yet")
    if found := copied(machine):
        raise Problem(found["message"], found["fix"])
    return "its own"
