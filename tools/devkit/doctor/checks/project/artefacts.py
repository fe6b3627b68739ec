"""What is rendered from the table is up to date."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.checks import Fix, Problems, check, warning
from devkit.doctor.facts.findings import problems_in
from devkit.doctor.facts.generated import generated
from devkit.doctor.machine import Machine
from devkit.findings.model import Severity
from devkit.render.generate import apply, survey
from devkit.table.load import read_table

_NAMED = 4


@check("project.artefacts", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises Problems: one for files that are out of step, one for each that may not be replaced."""
    found = machine.fact(generated)
    problems = problems_in(found["objections"], Severity.WARNING)
    if stale := found["stale"]:
        fix = Fix("./devkit generate", None if found["objections"] else generate)
        more = f" and {len(stale) - _NAMED} more" if len(stale) > _NAMED else ""
        problems.append(
            warning(f"out of step with dev/services.yaml: {', '.join(stale[:_NAMED])}{more}", fix=fix)
        )
    if problems:
        raise Problems(problems)
    return "in step with the table"


def generate(machine: Machine) -> None:
    """Writes what is out of step. Raises DevkitError where something stands in the way."""
    try:
        found = survey(machine.root, read_table(table_file(machine.root), look_around=True))
        if not apply(machine.root, found):
            raise DevkitError("a file is in the way", fix="./devkit generate names it")
    except OSError as failure:
        raise DevkitError(f"{failure.filename}: {failure.strerror}") from None
