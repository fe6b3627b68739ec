"""The docker command and Tilt use a Docker of this machine."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, check
from devkit.cluster.endpoint import parse_server
from devkit.doctor.facts.context import product
from devkit.doctor.facts.docker import config, daemon
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
        raise Problem(
            f"{found.why} names {shown!r}, which is not an address of a Docker", "unset DOCKER_HOST"
        )
    try:
        machine.fact(config)
    except Problem as problem:
        raise problem.changed(severity=Severity.WARNING) from None
    if not found.local and not _beside(machine, found.url):
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


def _beside(machine: Machine, url: str) -> bool:
    """Whether it is in a virtual machine of this one: minikube's own Docker, or a port on loopback."""
    endpoint = parse_server(url.replace("tcp://", "https://", 1)) if url.startswith("tcp://") else None
    if endpoint is None:
        return False
    try:
        return endpoint.is_loopback or (endpoint.is_private and machine.fact(product) == "minikube")
    except DevkitError:
        return endpoint.is_loopback
