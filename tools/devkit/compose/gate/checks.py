"""The gate's checks, in the order in which they are listed."""

from __future__ import annotations

from dataclasses import replace

from devkit.checks import Check
from devkit.compose.gate.disk import disk
from devkit.compose.gate.docker_there import docker_there
from devkit.compose.gate.images import images
from devkit.compose.gate.joined import migrations, updating
from devkit.compose.gate.proxy import proxy
from devkit.compose.gate.readiness import readiness
from devkit.compose.gate.subject import Gate
from devkit.compose.gate.tls import tls
from devkit.compose.gate.wellness import wellness

__all__ = ["CHECKS", "checks_for"]

CHECKS: tuple[Check[Gate], ...] = (
    docker_there, updating, wellness, readiness, proxy, tls, images, migrations, disk,
)  # fmt: skip
"""`gate.*`; each may be asked alone."""


def checks_for(gate: Gate) -> list[Check[Gate]]:
    """The same, with time for so many questions."""
    looking = gate.times * (gate.every + 10.0)
    lengthened = {wellness.id, readiness.id}
    return [
        replace(each, deadline=each.deadline + looking) if each.id in lengthened else each for each in CHECKS
    ]
