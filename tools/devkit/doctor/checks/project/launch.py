"""VS Code's launch.json has the table's debug entries."""

from __future__ import annotations

from devkit.doctor.checks.project.artefacts import generate
from devkit.doctor.facts.generated import generated
from devkit.doctor.machine import Machine
from devkit.doctor.model import Fix, Problems, warning
from devkit.findings.model import Place
from devkit.render.launch import LAUNCH_FILE

AFTER = ("project.table",)


def check(machine: Machine) -> str:
    """Raises Problems: it is no JSON, it is no plain file, or our entries are out of step."""
    found = machine.fact(generated)
    if found.notes:
        raise Problems(
            warning(f"{each.message}", each.mend, place=each.place, part=each.id.partition(".")[2])
            for each in found.notes
        )
    if any(change.path == LAUNCH_FILE for change in found.changes):
        fix = Fix("./devkit generate", None if found.objections else generate)
        message = "its debug entries are not those of dev/services.yaml"
        raise warning(message, fix=fix, place=Place(LAUNCH_FILE))
    return "current"
