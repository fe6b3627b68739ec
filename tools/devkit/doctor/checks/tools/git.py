"""git is installed."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import check, warning
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine


@check("tools.git", __doc__)
def run(machine: Machine) -> str:
    """Its version."""
    program = machine.program("git")
    if program is None:
        mac = machine.platform == "darwin"
        raise warning(
            "git is not on PATH: nothing can be fetched or committed",
            "install git (xcode-select --install)" if mac else "install git",
        )
    answer = machine.ask(program, "--version")
    if "xcode-select" in answer.err or "xcodebuild" in answer.err:
        raise warning("git waits for Apple's command line tools", "xcode-select --install")
    return dotted(asked_version(machine, program, "--version"))
