"""The docker command can build with BuildKit."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import Skipped, check, note, warning
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine

LINK = "https://docs.docker.com/go/buildx/"
_WITHOUT_OWN_BUILDER = (23,)


@check("tools.buildx", __doc__, after=("tools.docker",), engine="tilt")
def run(machine: Machine) -> str:
    """From version 23 on the builder is a plugin. Tilt brings its own; `docker build` and Compose need it."""
    docker = machine.program("docker")
    if docker is None:
        raise Skipped("docker is not on PATH")
    client = asked_version(machine, docker, "--version")
    answer = machine.ask(docker, "buildx", "version")
    if answer.code == 0:
        return " ".join(answer.out.split()[:2])
    if client < _WITHOUT_OWN_BUILDER:
        return f"built into docker {dotted(client)}"
    what = f"docker {dotted(client)} has no buildx plugin: `docker build` cannot build this clone's images"
    fix = "install it (the package is docker-buildx or docker-buildx-plugin)"
    if machine.environ.get("DOCKER_BUILDKIT", "") not in ("", "0", "false"):
        raise warning(f"{what}, and with DOCKER_BUILDKIT set it builds nothing at all", fix, link=LINK)
    raise note(f"{what}; Tilt can, it has its own builder", fix, link=LINK)
