"""Names of services are found inside the cluster."""

from __future__ import annotations

from typing import Any

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped, check
from devkit.cluster.pods import newest_ready, pod_of
from devkit.doctor.facts.cluster import cluster
from devkit.doctor.facts.platform import adjusted
from devkit.doctor.machine import Machine

_NAME = "kubernetes.default"
# The alarm ends it in the pod, too, whatever becomes of the connection.
_LOOK_UP = f"import signal, socket; signal.alarm(6); print(socket.getaddrinfo({_NAME!r}, 443, socket.AF_INET)[0][4][0])"
_ALARMED = 128 + 14
_SYSTEM = "kube-system"
_LABELS = ("k8s-app=kube-dns", "k8s-app=coredns", "app.kubernetes.io/name=coredns")


@check("cluster.dns", __doc__, after=("cluster.node", "project.table"), engine="tilt", deadline=15.0)
def run(machine: Machine) -> str:
    """Looked up in a pod of the platform where one runs; else what the cluster says of its DNS. Nothing is started."""
    if (seen := _from_a_pod(machine)) is not None:
        return seen
    api = machine.fact(cluster)
    for label in _LABELS:
        services = (
            api.get(f"/api/v1/namespaces/{_SYSTEM}/services", [("labelSelector", label)]).get("items") or []
        )
        if services:
            return _served(machine, str(services[0]["metadata"]["name"]), label)
    raise Skipped(
        "no DNS is found under its usual names, and no pod of the platform runs that could look a name up"
    )


def _from_a_pod(machine: Machine) -> str | None:
    """What a ready pod of ours found. None: there is none that could."""
    platform, api = machine.fact(adjusted), machine.fact(cluster)
    for service in platform.table.having(lambda kind: kind.container.migrates):
        pod = newest_ready(api, platform.table.namespace, service.name)
        if pod is None:
            continue
        from devkit.cluster.execute import execute

        try:
            said = execute(
                api,
                platform.table.namespace,
                service.name,
                "python",
                "-c",
                _LOOK_UP,
                deadline=8,
                pod=pod.name,
            )
        except DevkitError:
            return None  # the pod went, or has no Python
        if said.code == _ALARMED:
            raise Problem(
                f"{pod.name} waits for the address of {_NAME}: the cluster's DNS does not answer", _mend()
            )
        if said.code == 0:
            return f"{pod.name} finds {_NAME} at {said.stdout.decode('utf-8', 'replace').strip()[:40]}"
        why = said.stderr.decode("utf-8", "replace").strip().splitlines()
        if not why or "gaierror" not in why[-1]:
            return None
        raise Problem(
            f"{pod.name} does not find {_NAME}: {why[-1].partition(']')[2].strip() or why[-1]}", _mend()
        )
    return None


def _served(machine: Machine, name: str, label: str) -> str:
    api = machine.fact(cluster)
    slices = (
        api.get(
            f"/apis/discovery.k8s.io/v1/namespaces/{_SYSTEM}/endpointslices",
            [("labelSelector", f"kubernetes.io/service-name={name}")],
        ).get("items")
        or []
    )
    ready = [spot for one in slices for spot in one.get("endpoints") or [] if _is_ready(spot)]
    if ready:
        return f"{name} has {len(ready)} ready, by what the cluster says"
    pods = api.get(f"/api/v1/namespaces/{_SYSTEM}/pods", [("labelSelector", label)]).get("items") or []
    if not slices and not pods:
        raise Skipped(
            f"{name} is served from outside the cluster, and no pod of the platform runs that could look a name up"
        )
    why = "; ".join(f"{pod.name}: {pod.reason}" for pod in map(pod_of, pods) if not pod.ready)
    raise Problem(
        f"the cluster's DNS does not run ({why or f'{name} has no pod'}): no service finds another",
        f"kubectl --namespace {_SYSTEM} describe pods --selector {label} says more; restarting the cluster often helps",
    )


def _is_ready(spot: dict[str, Any]) -> bool:
    return (spot.get("conditions") or {}).get("ready") is not False


def _mend() -> str:
    return f"kubectl --namespace {_SYSTEM} rollout restart deployment coredns; after a mesh was taken away, restart the cluster"
