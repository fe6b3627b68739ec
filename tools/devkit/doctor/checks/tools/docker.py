"""The docker command is installed."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import Skipped, check, note, warning
from devkit.doctor.facts.rancher import bin_folder, never_started
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine

LINK = "https://docs.docker.com/engine/install/"


@check("tools.docker", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Its version. Whether Docker itself runs is for docker.running."""
    program = machine.program("docker")
    if program is None:
        if never_started(machine):
            raise Skipped("not checked because rancher.running failed")
        what = "docker is not on PATH: devkit cannot ask it whose cluster this is"
        if folder := bin_folder(machine, "docker"):
            if machine.program("kubectl") is None:
                what = f"neither docker nor kubectl is on PATH, nor what else is in {folder}: devkit cannot ask docker whose cluster this is"
            raise warning(what, f"put Rancher Desktop's on PATH: export PATH={folder}:$PATH")
        raise warning(what, "install Rancher Desktop, or Docker's command line", link=LINK)
    answer = machine.ask(program, "--version")
    if "podman" in (answer.out + answer.err).lower():
        raise note(
            f"{program} is Podman's: it answers as Docker does, but Tilt builds with Docker's own interface",
            "use Docker for Tilt, or switch on Podman's socket and name it in DOCKER_HOST",
        )
    return dotted(asked_version(machine, program, "--version"))
