"""Saves are reported by the system, not polled for."""

from __future__ import annotations

from devkit.checks import check, note
from devkit.doctor.facts.polling import FORCE, polling
from devkit.doctor.machine import Machine


@check("watch.polling", __doc__)
def run(machine: Machine) -> str:
    """Raises a note when polling is asked for."""
    if machine.fact(polling):
        raise note(
            f"{FORCE} is set: the local engine looks at every file three times a second, which takes a part of a core",
            f"unset {FORCE}, unless the clone is where saves go unnoticed otherwise",
        )
    return "by the system"
