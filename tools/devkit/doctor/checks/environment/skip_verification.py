"""Unsigned webhooks are refused."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Problems, Skipped, check, note, warning
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.findings.model import Place
from devkit.secrets.inspect import SHOWN

_NAME = "WEBHOOK_SKIP_VERIFICATION"
_ON = ("1", "true", "yes", "on", "t", "y")


@check("environment.skip-verification", __doc__, after=("project.table",), early=True)
def run(machine: Machine) -> str:
    """Raises Problems: a warning where the table or the secrets switch it on, a note for the shell, which is ignored."""
    known = machine.fact(table)
    problems = [
        warning(
            f"{variable_of} switches {_NAME} on: whoever reaches the {variable_of} can send it webhooks",
            'set its default to "false"',
            place=variable.place,
            part="table",
        )
        for variable_of, variable in (
            *((service.name, service.env.get(_NAME)) for service in known.services.values()),
            ("config", known.config.get(_NAME)),
        )
        if variable is not None and _is_on(variable.default)
    ]
    try:
        document = machine.fact(secrets_read)
        if _is_on(document.values.get(_NAME)):
            place = Place(SHOWN, document.lines.get(_NAME, 0), 1)
            problems.append(
                warning(
                    f"the secrets switch {_NAME} on", "remove the line: it is no secret", place=place, part="secret"
                )
            )  # fmt: skip
    except (DevkitError, Skipped):
        pass
    if _is_on(machine.environ.get(_NAME)):
        message = f"{_NAME} is on in this shell. up ignores that; a service that you start by hand does not"
        problems.append(note(message, f"unset {_NAME}", part="shell"))
    if problems:
        raise Problems(problems)
    return "off"


def _is_on(value: str | None) -> bool:
    return (value or "").strip().lower() in _ON
