"""The current context of kubectl, and whose cluster that is."""

from __future__ import annotations

from devkit.cluster.guard import Verdict, judge_current
from devkit.cluster.kubeconfig import Context, current_context
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine

__all__ = ["current", "judged", "product"]


def current(machine: Machine) -> Context:
    """The context that kubectl and Tilt would use. Raises DevkitError when there is none. Takes milliseconds."""
    return current_context(machine.environ, machine.home)


def judged(machine: Machine) -> Verdict:
    """Whether devkit may change its cluster. Docker is asked for clusters that live in it."""
    environ = {**machine.environ, "HOME": str(machine.home)}
    return judge_current(machine.fact(table).allow_contexts, environ)[1]


def product(machine: Machine) -> str:
    """Whose cluster it claims to be, by the name as Tilt reads it: rancher-desktop, kind, k3d, …; empty for others."""
    name = machine.fact(current).cluster
    known = ("rancher-desktop", "docker-desktop", "orbstack", "minikube", "colima", "kind", "k3d")
    return next((one for one in known if name == one or name.startswith(f"{one}-")), "")
