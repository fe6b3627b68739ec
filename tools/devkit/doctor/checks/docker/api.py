"""Docker's API is 1.40 or newer, which Tilt needs."""

from __future__ import annotations

from devkit.base.versions import dotted, version_in
from devkit.checks import Problem, check
from devkit.doctor.facts.docker import version
from devkit.doctor.machine import Machine

_OLDEST = (1, 40)


@check("docker.api", __doc__, after=("docker.running",), engine="tilt")
def run(machine: Machine) -> str:
    """The API's version; one that the environment asks for counts, too."""
    said = machine.fact(version)
    found = version_in(str(said.get("ApiVersion")))
    if found is None:
        raise Problem(f"Docker's API has the version {str(said.get('ApiVersion'))[:20]!r}", "update Docker")
    if found < _OLDEST:
        raise Problem(
            f"Docker's API is {dotted(found)} (Docker {said.get('Version')}); Tilt needs {dotted(_OLDEST)}",
            "update Docker to 19.03 or newer",
        )
    pinned = version_in(machine.environ.get("DOCKER_API_VERSION", ""))
    if pinned and (pinned < _OLDEST or pinned > found):
        raise Problem(
            f"DOCKER_API_VERSION asks for {dotted(pinned)}; Tilt needs {dotted(_OLDEST)}, and Docker has up to {dotted(found)}",
            "unset DOCKER_API_VERSION",
        )
    return dotted(found)
