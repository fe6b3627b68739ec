"""Tilt is installed."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import check, note, warning
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine
from devkit.engines.tilt.program import INSTALL

# The oldest whose Tiltfile knows all that ours calls, and the one that it was tried with.
_OLDEST, _TRIED = (0, 30), (0, 37)


@check("tools.tilt", __doc__)
def run(machine: Machine) -> str:
    """Its version. Without it `up` takes the local engine."""
    program = machine.program("tilt")
    if program is None:
        raise note(
            "tilt is not on PATH: up runs the services as processes of this machine instead",
            "install Tilt to run them on Kubernetes",
            link=INSTALL,
        )
    answer = machine.ask(program, "version")
    if answer.code and "ruby" in (answer.out + answer.err).lower():
        raise warning(
            f"{program} is the Ruby template tool of the same name",
            "put Tilt before it on PATH",
            link=INSTALL,
        )
    found = asked_version(machine, program, "version")
    if found < _OLDEST:
        raise warning(
            f"Tilt {dotted(found)} is older than {dotted(_OLDEST)}: the Tiltfile was tested with {dotted(_TRIED)}",
            "install a newer one",
            link=INSTALL,
        )
    return dotted(found)
