"""Service names resolve inside the cluster."""

from __future__ import annotations

from typing import Any

from devkit.checks import Problem, Skipped, check
from devkit.cluster.pods import pod_of
from devkit.doctor.facts.cluster import api_list
from devkit.doctor.facts.lookup import NAME, looked_up
from devkit.doctor.machine import Machine

_SYSTEM = "kube-system"
_LABELS = ("k8s-app=kube-dns", "k8s-app=coredns", "app.kubernetes.io/name=coredns")
_ADVICE = f"kubectl --namespace {_SYSTEM} rollout restart deployment coredns; after a mesh was taken away, restart the cluster"


@check("cluster.dns", __doc__, after=("cluster.node", "project.table"), engine="tilt", deadline=15.0)
def run(machine: Machine) -> str:
    """Looked up in a pod of the platform where one runs; else what the cluster says of its DNS. Nothing is started."""
    if found := machine.fact(looked_up):
        if found["address"]:
            return f"{found['pod']} finds {NAME} at {found['address']}"
        raise Problem(f"{found['pod']} {found['why']}", _ADVICE)
    for label in _LABELS:
        if services := api_list(machine, f"/api/v1/namespaces/{_SYSTEM}/services?labelSelector={label}"):
            return _served(machine, str(services[0]["metadata"]["name"]), label)
    raise Skipped(
        "no DNS is found under its usual names, and no pod of the platform is running to look a name up"
    )


def _served(machine: Machine, name: str, label: str) -> str:
    slices = api_list(
        machine,
        f"/apis/discovery.k8s.io/v1/namespaces/{_SYSTEM}/endpointslices?labelSelector=kubernetes.io/service-name={name}",
    )
    ready = [spot for one in slices for spot in one.get("endpoints") or [] if _is_ready(spot)]
    if ready:
        return f"{name} has {len(ready)} ready, according to the cluster"
    pods = api_list(machine, f"/api/v1/namespaces/{_SYSTEM}/pods?labelSelector={label}")
    if not slices and not pods:
        raise Skipped(
            f"{name} is served from outside the cluster, and no pod of the platform is running to look a name up"
        )
    why = "; ".join(f"{pod.name}: {pod.reason}" for pod in map(pod_of, pods) if not pod.ready)
    raise Problem(
        f"the cluster's DNS does not run ({why or f'{name} has no pod'}): services cannot find each other",
        f"kubectl --namespace {_SYSTEM} describe pods --selector {label} says more; restarting the cluster often helps",
    )


def _is_ready(spot: dict[str, Any]) -> bool:
    return (spot.get("conditions") or {}).get("ready") is not False
