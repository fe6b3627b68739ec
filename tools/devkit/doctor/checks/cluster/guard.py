"""The current context is a cluster of this machine."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.context import current, judged
from devkit.doctor.facts.rancher import blamed
from devkit.doctor.machine import Machine


@check("cluster.guard", __doc__, after=("cluster.context", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """Why it counts as one. A cluster that does not is asked nothing."""
    verdict = machine.fact(judged)
    if not verdict.local:
        if reason := blamed(machine, for_docker=False):
            raise Skipped(f"not checked because {reason} failed")
        raise Problem(
            f"context {machine.fact(current).name!r} is not provably a cluster of this machine: {verdict.reason}",
            verdict.fix,
            link="docs/kubernetes.md",
        )
    return verdict.reason
