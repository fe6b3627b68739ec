"""VS Code's files have the table's entries: what F5 starts, tasks, settings, recommended extensions."""

from __future__ import annotations

from devkit.checks import Fix, Problems, check, warning
from devkit.doctor.checks.project.artefacts import generate
from devkit.doctor.facts.findings import problems_in
from devkit.doctor.facts.generated import generated
from devkit.doctor.machine import Machine
from devkit.findings.model import Place, Severity


@check("project.launch", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems: one is not JSON, is not a plain file, or our entries in it are out of step."""
    found = machine.fact(generated)
    if found["notes"]:
        raise Problems(problems_in(found["notes"], Severity.WARNING))
    if stale := found["editor"]:
        fix = Fix("./devkit generate", None if found["objections"] else generate)
        message = f"{', '.join(stale)}: devkit's entries are not those of dev/services.yaml"
        raise warning(message, fix=fix, place=Place(stale[0]))
    return "current"
