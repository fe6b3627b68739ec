"""Every secret of the table has a value."""

from __future__ import annotations

from devkit.checks import Fix, Skipped, check, note
from devkit.doctor.facts.secret import secrets_read
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.findings.model import Place
from devkit.secrets import ensure_secrets
from devkit.secrets.inspect import SHOWN


@check("secrets.present", __doc__, after=("project.table",))
def run(machine: Machine) -> str:
    """Raises a note for what `up` makes by itself; DevkitError when the file is not a Secret."""
    fix = Fix("./devkit secrets init", _make)
    try:
        found = machine.fact(secrets_read)
    except Skipped:
        message = "no development secrets yet; the first up generates them"
        raise note(message, fix=fix, place=Place(SHOWN)) from None
    if absent := [each["message"].partition(" ")[0] for each in found["absent"]]:
        are = "is" if len(absent) == 1 else "are"
        message = f"{', '.join(absent)} {are} missing; the next up adds {'it' if are == 'is' else 'them'}"
        raise note(message, fix=fix, place=Place(SHOWN))
    return f"{found['keys']} keys"


def _make(machine: Machine) -> None:
    ensure_secrets(machine.root, machine.fact(table))
