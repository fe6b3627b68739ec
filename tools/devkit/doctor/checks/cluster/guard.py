"""The current context is a cluster of this machine."""

from __future__ import annotations

import re

from devkit.checks import Problem, Skipped, check
from devkit.cluster.guard import Verdict
from devkit.doctor.checks.cluster.endpoint import start
from devkit.doctor.facts.context import current, judged
from devkit.doctor.facts.docker import unanswered
from devkit.doctor.facts.rancher import blamed
from devkit.doctor.machine import Machine

# What the guard says where Docker could not be asked, and where the cluster's own machine or container stands still.
_UNASKED = re.compile(r", but (there is no )?docker ", re.IGNORECASE)
_GONE = re.compile(r", but no container .* of it in this machine's Docker$")
_STOPPED = re.compile(r", but .* does not run$")


@check("cluster.guard", __doc__, after=("cluster.context", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """Why it counts as one. A cluster that does not is asked nothing."""
    verdict = machine.fact(judged)
    if not verdict.local:
        if reason := blamed(machine, for_docker=False):
            raise Skipped(f"not checked because {reason} failed")
        stopped = _STOPPED.search(verdict.reason) is not None
        if (stopped or _UNASKED.search(verdict.reason)) and (reason := unanswered(machine)):
            raise Skipped(f"not checked because {reason} failed")
        if stopped:
            name = machine.fact(current).name
            raise Problem(f"the cluster {name!r} does not run: {verdict.reason}", start(machine))
        raise Problem(
            f"context {machine.fact(current).name!r} is not provably a cluster of this machine: {verdict.reason}",
            _advice(machine, verdict),
            link="docs/kubernetes.md",
        )
    return verdict.reason


def _advice(machine: Machine, verdict: Verdict) -> str | None:
    """What to do, where the cluster's Docker and not the cluster is the reason; else as the guard says."""
    if _GONE.search(verdict.reason):
        return f"it was made in another Docker (docker context ls), or is gone: {start(machine)}"
    if _UNASKED.search(verdict.reason) and machine.environ.get("DOCKER_HOST"):
        if machine.environ.get("MINIKUBE_ACTIVE_DOCKERD"):
            return "eval $(minikube docker-env --unset): Tilt finds minikube's Docker by itself"
        return "unset DOCKER_HOST"
    return verdict.fix
