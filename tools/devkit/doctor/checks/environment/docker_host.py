"""The shell names one Docker, not two."""

from __future__ import annotations

from devkit.checks import check, warning
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_url


@check("environment.docker-host", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Raises a warning when DOCKER_HOST hides a DOCKER_CONTEXT."""
    host, context = (machine.environ.get(name, "") for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))
    if host and context:
        raise warning(
            f"DOCKER_HOST ({masked_url(host)}) and DOCKER_CONTEXT ({context[:60]}) are both set: docker uses the host and "
            "ignores the context",
            "unset one of them",
        )
    if host:
        return f"DOCKER_HOST is {masked_url(host)}"
    return f"DOCKER_CONTEXT is {context[:60]}" if context else "neither DOCKER_HOST nor DOCKER_CONTEXT"
