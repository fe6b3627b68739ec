"""The docker command and Tilt use a Docker of this machine."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, check
from devkit.doctor.facts.docker import beside, config, daemon, others
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_url
from devkit.findings.model import Severity

_SCHEMES = ("unix://", "npipe://", "tcp://", "ssh://", "http://", "https://")


@check("docker.context", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Which, and what names it."""
    found = machine.fact(daemon)
    if not found.known:
        raise Problem(
            f"docker's {found.why} does not exist: its description is missing",
            "unset DOCKER_CONTEXT" if machine.environ.get("DOCKER_CONTEXT") else None,
            fix=None if machine.environ.get("DOCKER_CONTEXT") else _use_default(machine),
        )
    if not found.url.startswith(_SCHEMES):
        shown = " ".join(found.url.split())[:60]
        raise Problem(f"{found.why} names {shown!r}, which is not a Docker address", "unset DOCKER_HOST")
    try:
        machine.fact(config)
    except Problem as problem:
        # Passed over, they would have named the socket of a product that runs.
        lost = found.socket is not None and not there(machine, found.socket) and others(machine, found)
        raise problem.changed(severity=Severity.ERROR if lost else Severity.WARNING) from None
    if not found.local and not beside(machine, found.url):
        raise Problem(
            f"Docker is not on this machine: {masked_url(found.url)}, by {found.why}; what it builds is not here for the "
            "cluster to run",
            "unset DOCKER_HOST" if found.why == "DOCKER_HOST" else "docker context use default",
        )
    return f"{masked_url(found.url)}, by {found.why}"


def _use_default(machine: Machine) -> Fix:
    command = "docker context use default"
    if machine.program("docker") is None:
        return Fix(command)

    def apply(machine: Machine) -> None:
        program = machine.program("docker")
        answer = machine.ask(program or "docker", "context", "use", "default")
        if answer.code:
            raise DevkitError(f"docker says: {answer.last_line}")

    return Fix(command, apply, "docker and Tilt use the default socket from then on")
