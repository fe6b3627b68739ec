"""cloudflared runs, where it is installed."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import Skipped, check
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine


@check("tools.cloudflared", __doc__)
def run(machine: Machine) -> str:
    """Its version. Only `tunnel` uses it."""
    program = machine.program("cloudflared")
    if program is None:
        raise Skipped("only a tunnel needs it, for webhooks from outside")
    return dotted(asked_version(machine, program, "--version"))
