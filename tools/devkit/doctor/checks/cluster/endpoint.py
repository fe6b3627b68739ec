"""The cluster's API server answers, and accepts the kubeconfig's credentials."""

from __future__ import annotations

from devkit.base.errors import DevkitError, ExitCode
from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.cluster import api, listens, server_version
from devkit.doctor.facts.context import current, product
from devkit.doctor.facts.docker import unanswered
from devkit.doctor.facts.rancher import blamed, rdctl
from devkit.doctor.machine import Machine

# Products in which a cluster lives and dies with Docker.
_IN_DOCKER = ("kind", "k3d", "docker-desktop", "orbstack", "colima")
_START = {
    "rancher-desktop": "start Rancher Desktop (rdctl start), and wait for its Kubernetes",
    "docker-desktop": "start Docker Desktop, and wait for its Kubernetes",
    "orbstack": "orb start k8s",
    "minikube": "minikube start",
    "colima": "colima start --kubernetes",
}
_ANEW = {
    "kind": "kind export kubeconfig --name {name}",
    "k3d": "k3d kubeconfig merge {name} --kubeconfig-merge-default",
    "minikube": "minikube update-context",
}


@check("cluster.endpoint", __doc__, after=("cluster.guard",), engine="tilt", deadline=12.0)
def run(machine: Machine) -> str:
    """Its version. Raises a Problem that distinguishes: refused, hangs, TLS, credentials, rights."""
    context = machine.fact(current)
    if not listens(machine, context.server) and (reason := _blamed(machine)):
        raise Skipped(f"not checked because {reason} failed")
    try:
        version = str(machine.fact(server_version).get("gitVersion", "of an unknown version"))
        # Everybody may ask for the version; this needs to be known to the server.
        api(machine, "/api/v1/namespaces?limit=1")
    except DevkitError as problem:
        if problem.exit_code is ExitCode.CLUSTER_UNREACHABLE and (
            reason := blamed(machine, for_docker=False)
        ):
            raise Skipped(f"not checked because {reason} failed") from None
        raise _told(machine, problem) from None
    except ValueError:
        raise Problem(
            f"what answers at {context.server} is not a Kubernetes API server",
            f"which program has that port? {start(machine)}",
        ) from None
    return version


def _blamed(machine: Machine) -> str | None:
    """The check that tells why nobody listens."""
    if reason := blamed(machine, for_docker=False):
        return reason
    kind = machine.fact(product)
    # Under WSL there is no rdctl to ask whether Rancher Desktop runs; its Docker stands still together with its cluster.
    together = kind in _IN_DOCKER or (kind == "rancher-desktop" and machine.fact(rdctl) is None)
    return unanswered(machine) if together else None


def _told(machine: Machine, problem: DevkitError) -> Problem:
    context = machine.fact(current)
    where = f"{context.name!r} at {context.server}"
    text = problem.message.lower()
    if problem.exit_code is ExitCode.REFUSED:
        if "unauthorized" in text or "401" in text:
            return Problem(
                f"the cluster {where} does not accept the kubeconfig's credentials", _anew(machine)
            )
        return Problem(problem.message, problem.fix)
    if "connection refused" in text:
        return Problem(f"the cluster {where} does not run: nothing listens there", start(machine))
    if "certificate" in text or "ssl" in text:
        return Problem(
            f"the certificate of {where} is not the one that the kubeconfig expects: the cluster was recreated, or another "
            "program has its port",
            _anew(machine),
        )
    if "timed out" in text or "timeout" in text:
        return Problem(
            f"the cluster {where} takes connections but does not answer", f"restart it: {start(machine)}"
        )
    return Problem(problem.message, problem.fix)


def start(machine: Machine) -> str:
    """How the product that the cluster is of is started."""
    kind = machine.fact(product)
    context = machine.fact(current)
    if kind == "kind":
        name = context.cluster.removeprefix("kind-")
        return f"docker start {name}-control-plane (or kind create cluster --name {name})"
    if kind == "k3d":
        return f"k3d cluster start {context.cluster.removeprefix('k3d-')}"
    return _START.get(kind, "start it, or choose another: kubectl config get-contexts")


def _anew(machine: Machine) -> str:
    kind = machine.fact(product)
    name = machine.fact(current).cluster.removeprefix(f"{kind}-")
    if kind in _ANEW:
        return f"export its kubeconfig again: {_ANEW[kind].format(name=name)}"
    return f"start the cluster again, which writes the kubeconfig again: {start(machine)}"
