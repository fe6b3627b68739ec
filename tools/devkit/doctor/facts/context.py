"""The current context of kubectl, and whose cluster that is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from devkit.cluster.guard import Verdict, judge_current
from devkit.cluster.kubeconfig import KubeContext, current_context, kubeconfig_files
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["current", "judged", "kube_files", "product"]


def current(machine: Machine) -> KubeContext:
    """The context that kubectl and Tilt would use. Raises DevkitError when there is none. Takes milliseconds."""
    found = _current(machine)
    return KubeContext(**{**found, "files": tuple(map(Path, found["files"]))})


@observed("kubeconfig context")
def _current(machine: Machine) -> dict[str, Json]:
    found = current_context(machine.environ, machine.home)
    return {**asdict(found), "files": [str(path) for path in found.files]}


@observed("kubeconfig files")
def kube_files(machine: Machine) -> list[str]:
    """The files that kubectl would read."""
    return [str(path) for path in kubeconfig_files(machine.environ, machine.home)]


def judged(machine: Machine) -> Verdict:
    """Whether devkit may change its cluster. Docker is asked for clusters that live in it."""
    return Verdict(**_judged(machine))


@observed("cluster verdict")
def _judged(machine: Machine) -> dict[str, Json]:
    environ = {**machine.environ.whole(), "HOME": str(machine.home)}
    return asdict(judge_current(machine.fact(table).allow_contexts, environ)[1])


def product(machine: Machine) -> str:
    """Whose cluster it claims to be, by the name as Tilt reads it: rancher-desktop, kind, k3d, …; empty for others."""
    name = machine.fact(current).cluster
    known = ("rancher-desktop", "docker-desktop", "orbstack", "minikube", "colima", "kind", "k3d")
    return next((one for one in known if name == one or name.startswith(f"{one}-")), "")
