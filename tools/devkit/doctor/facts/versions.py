"""Version numbers in the output of programs."""

from __future__ import annotations

from pathlib import Path

from devkit.base.versions import Version, version_in
from devkit.checks import Problem, warning
from devkit.doctor.machine import Machine

__all__ = ["asked_version"]


def asked_version(machine: Machine, program: Path, *arguments: str) -> Version:
    """What a program answers to `--version` or the like. Raises Problem, a warning, when it does not say one."""
    answer = machine.ask(program, *arguments)
    if answer.code:
        raise warning(f"{program} does not run: {answer.last_line}", f"install {program.name} again")
    found = version_in(answer.out)
    if found is None:
        said = " ".join(answer.out.split())[:80]
        raise Problem(
            f"{program} does not answer as {program.name} does: {said!r}",
            f"is it the real one? (type -a {program.name})",
        )
    return found
