"""Docker runs and answers."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.docker import version
from devkit.doctor.facts.rancher import blamed
from devkit.doctor.machine import Machine


@check("docker.running", __doc__, after=("docker.context",), engine="tilt")
def run(machine: Machine) -> str:
    """Its version. Raises a Problem that distinguishes: no socket, nothing there, no permission, hangs, something else."""
    try:
        found = machine.fact(version)
    except Problem:
        if reason := blamed(machine, for_docker=True):
            raise Skipped(f"not checked because {reason} failed") from None
        raise
    platform = found.get("Platform")
    name = platform.get("Name") if isinstance(platform, dict) else None
    return f"{found.get('Version', 'of an unknown version')}{f', {name}' if name else ''}"
