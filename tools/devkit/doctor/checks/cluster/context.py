"""The kubeconfig is readable, and its current context exists."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.context import current, kube_files
from devkit.doctor.facts.rancher import blamed
from devkit.doctor.machine import Machine


@check("cluster.context", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """The context's name and server."""
    try:
        found = machine.fact(current)
    except DevkitError as problem:
        if not machine.fact(kube_files) and (reason := blamed(machine, for_docker=False)):
            raise Skipped(f"not checked because {reason} failed") from None
        raise Problem(problem.message, problem.fix) from None
    return f"{found.name} at {found.server or 'no address'}"
