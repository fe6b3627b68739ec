"""Unsigned webhooks are refused."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Problems, Skipped, check, note, warning
from devkit.doctor.facts.secret import ON, SKIP_VERIFICATION, secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.findings.model import Place
from devkit.secrets.inspect import SHOWN


@check("environment.skip-verification", __doc__, after=("project.table",), early=True)
def run(machine: Machine) -> str:
    """Raises Problems: a warning where the table or the secrets switch it on, a note for the shell, which is ignored."""
    known = machine.fact(table)
    problems = [
        warning(
            f"{variable_of} switches {SKIP_VERIFICATION} on: whoever reaches the {variable_of} can send it webhooks",
            'set its default to "false"',
            place=variable.place,
            part="table",
        )
        for variable_of, variable in (
            *((service.name, service.env.get(SKIP_VERIFICATION)) for service in known.services.values()),
            ("config", known.config.get(SKIP_VERIFICATION)),
        )
        if variable is not None and _is_on(variable.default)
    ]
    try:
        line = machine.fact(secrets_read)["skips"]
    except (DevkitError, Skipped):
        line = None
    if line is not None:
        message = f"the secrets switch {SKIP_VERIFICATION} on"
        problems.append(
            warning(message, "remove the line: it is no secret", place=Place(SHOWN, line, 1), part="secret")
        )
    if _is_on(machine.environ.get(SKIP_VERIFICATION)):
        message = f"{SKIP_VERIFICATION} is on in this shell. up ignores that; a service that you start by hand does not"
        problems.append(note(message, f"unset {SKIP_VERIFICATION}", part="shell"))
    if problems:
        raise Problems(problems)
    return "off"


def _is_on(value: str | None) -> bool:
    return (value or "").strip().lower() in ON
