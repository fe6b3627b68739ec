"""Docker runs and answers."""

from __future__ import annotations

from devkit.doctor.facts.docker import version
from devkit.doctor.facts.rancher import blamed
from devkit.doctor.machine import Machine
from devkit.doctor.model import NotNeeded, Problem

AFTER = ("docker.context",)
ENGINE = "tilt"


def check(machine: Machine) -> str:
    """Its version. Raises Problem that tells apart: no socket, nobody there, no permission, hangs, something else."""
    try:
        found = machine.fact(version)
    except Problem:
        if reason := blamed(machine, for_docker=True):
            raise NotNeeded(f"not checked because {reason} failed") from None
        raise
    platform = found.get("Platform")
    name = platform.get("Name") if isinstance(platform, dict) else None
    return f"{found.get('Version', 'of an unknown version')}{f', {name}' if name else ''}"
