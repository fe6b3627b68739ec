"""Docker answers, Compose is there, and the project has containers."""

from __future__ import annotations

import re

from devkit.base.errors import DevkitError
from devkit.base.proc import Answer
from devkit.checks import Problem, check
from devkit.compose.containers import projects_of
from devkit.compose.docker import Docker
from devkit.compose.gate.subject import Gate
from devkit.compose.inside import words_of

__all__ = ["docker_there"]


@check("gate.docker", "Docker answers, Compose is there, and the project has containers", deadline=60)
def docker_there(gate: Gate) -> str:
    answer = gate.docker.ask("version", "--format", "{{.Server.Version}}")
    if answer.code or not answer.out.strip():
        raise _no_docker(gate, answer)
    where = f"Docker {answer.out.strip()}" + (f" of {gate.docker.context}" if gate.docker.context else "")
    compose = _compose_version(gate)
    if not gate.first_look:
        others = projects_of(gate.docker)
        shown = ", ".join(f"{name} ({count})" for name, count in others.items())
        there = f"there are containers of {shown}" if others else "no other project has any there either"
        fix = f"-p NAME for another project, --context NAME for another Docker{'' if others else ', or start it: ' + gate.up()}"
        raise Problem(f"the project {gate.project} has no containers on {where}; {there}", fix)
    return f"{where}, Compose {compose}, {len(gate.first_look)} containers of {gate.project}"


def _compose_version(gate: Gate) -> str:
    try:
        version = gate.docker.run("compose", "version", "--short").strip()
    except DevkitError as problem:
        raise Problem(
            f"Docker has no Compose: {problem.message}", "install Docker's plugin `compose`"
        ) from None
    found = re.match(r"v?(\d+)", version)
    if found and int(found[1]) < 2:
        raise Problem(f"this is Compose {version}", "install Docker's plugin `compose`, version 2 or later")
    return version.removeprefix("v")


def _no_docker(gate: Gate, answer: Answer) -> Problem:
    said = words_of(answer)
    context = gate.docker.context
    if context and "not found" in said:
        names = Docker().ask("context", "ls", "--format", "{{.Name}}").out.split()
        fix = f"there are {', '.join(names)}; for a Droplet: docker context create NAME --docker host=ssh://USER@ADDRESS"
        return Problem(f"Docker has no context {context!r}", fix)
    of = f" of the context {context}" if context else ""
    if "permission denied" in said.lower():
        return Problem(
            f"Docker{of} may not be asked: {said}",
            "put your user into the group docker, or call this as root",
        )
    fix = (
        f"docker --context {context} version says more"
        if context
        else "start it, or name another: --context NAME"
    )
    return Problem(f"Docker{of} does not answer: {said}", fix)
