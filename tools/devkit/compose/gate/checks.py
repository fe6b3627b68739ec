"""The gate's checks, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from devkit.checks import Check, Outcome
from devkit.checks.runner import run_checks
from devkit.checks.selection import select, with_what_they_need
from devkit.compose.gate.disk import disk
from devkit.compose.gate.docker_there import docker_there
from devkit.compose.gate.images import images
from devkit.compose.gate.joined import pending, updating
from devkit.compose.gate.proxy import proxy
from devkit.compose.gate.readiness import readiness
from devkit.compose.gate.subject import Gate
from devkit.compose.gate.tls import tls
from devkit.compose.gate.wellness import wellness
from devkit.findings.model import Severity

__all__ = ["CHECKS", "COMMAND", "checks_for", "chosen", "run_gate"]

COMMAND = "compose gate"

CHECKS: tuple[Check[Gate], ...] = (
    docker_there, updating, wellness, readiness, proxy, tls, images, pending, disk,
)  # fmt: skip
"""`gate.*`; each may be asked alone."""


def checks_for(gate: Gate) -> list[Check[Gate]]:
    """The same, with time for so many questions."""
    looking = gate.times * (gate.every + 10.0)
    lengthened = {wellness.id, readiness.id}
    return [
        replace(each, deadline=each.deadline + looking) if each.id in lengthened else each for each in CHECKS
    ]


def run_gate(
    gate: Gate,
    checks: Sequence[Check[Gate]],
    *,
    on_result: Callable[[Outcome], None] = lambda _: None,
    clean: Callable[[str], str] = str,
) -> list[Outcome]:
    """What comes of the checks. One that breaks is an error: what is not known is no pass. `clean` takes secrets out of texts."""
    return run_checks(gate, checks, command=COMMAND, on_result=on_result, clean=clean, broken=Severity.ERROR)


def chosen(
    gate: Gate, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> tuple[list[Check[Gate]], set[str]]:
    """The checks to run, with those that they build on, and the ids of the wanted ones. Raises DevkitError (exit 2) for an
    unknown id."""
    checks = checks_for(gate)
    wanted = {check.id for check in select(CHECKS, only, skip, COMMAND)}
    return with_what_they_need(checks, [each for each in checks if each.id in wanted], skip), wanted
