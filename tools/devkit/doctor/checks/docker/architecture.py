"""Docker builds for this machine's own processor."""

from __future__ import annotations

from devkit.checks import Skipped, check, warning
from devkit.doctor.facts.docker import processor, version
from devkit.doctor.facts.hardware import processor_name
from devkit.doctor.machine import Machine


@check("docker.architecture", __doc__, after=("docker.running",), engine="tilt")
def run(machine: Machine) -> str:
    """The processor. DOCKER_DEFAULT_PLATFORM counts, too."""
    server = processor(str(machine.fact(version).get("Arch") or ""))
    if not server:
        raise Skipped("Docker does not say for which processor it builds")
    here = processor(processor_name(machine))
    wanted = machine.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    if wanted and processor(wanted.split("/")[1] if "/" in wanted else wanted) != server:
        raise warning(
            f"DOCKER_DEFAULT_PLATFORM is {wanted[:40]}, but Docker runs on {server}: every build is emulated, which is slow",
            "unset DOCKER_DEFAULT_PLATFORM",
        )
    if server != here:
        raise warning(
            f"Docker runs on {server}, this machine is {here}: everything in it is emulated, which is slow",
            f"install the product for {here}; is this Python itself emulated? (python3 -c 'import platform; print(platform.machine())')",
        )
    return server
