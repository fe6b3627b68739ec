"""The kubelet's own summary, through the API server: what evictions and `kubectl top` go by."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, Json
from devkit.cluster.pods import pods_path
from devkit.resources.model import Part, Reading
from devkit.resources.sources.protocol import Look

__all__ = ["KubeletSource", "readings_of"]

_SECONDS = 10.0


class KubeletSource:
    """Containers of a namespace's pods, by the pods' label `app`; a mesh's sidecars are not counted.

    `off` says why a service does not run there.
    """

    name = "kubelet"
    period = 15.0  # cAdvisor looks at a container every 10 to 15 s (--housekeeping-interval), whoever asks
    deadline = 2 * _SECONDS

    def __init__(
        self, cluster: Cluster, namespace: str, services: Sequence[str], off: Mapping[str, str]
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._services = services
        self._off = off

    def look(self) -> Look:
        pods = self._cluster.get(pods_path(self._namespace), seconds=_SECONDS).get("items", [])
        live = [pod for pod in pods if pod.get("status", {}).get("phase") == "Running"]
        apps = {pod["metadata"]["name"]: (pod["metadata"].get("labels") or {}).get("app", "") for pod in live}
        nodes = sorted({str(pod["spec"]["nodeName"]) for pod in live if pod["spec"].get("nodeName")})
        readings: list[Reading] = []
        for node in nodes:
            readings += readings_of(self._summary(node), self._namespace, apps, self._services)
        seen = {reading.service for reading in readings}
        absent = {
            name: self._off.get(name) or self._why(name, pods) for name in self._services if name not in seen
        }
        return Look(tuple(readings), absent)

    def _summary(self, node: str) -> Json:
        path = f"/api/v1/nodes/{node}/proxy/stats/summary"
        try:
            return self._cluster.get(path, [("only_cpu_and_memory", "true")], seconds=_SECONDS)
        except DevkitError as problem:
            if problem.exit_code is not ExitCode.REFUSED:
                raise
            raise DevkitError(
                f"the kubelet of node {node} does not report usage: {problem.message}",
                fix="the kubeconfig's user needs `get` on nodes/proxy; or --source docker, where the node is Docker's",
                exit_code=problem.exit_code,
            ) from None

    def _why(self, name: str, pods: Sequence[Json]) -> str:
        of = [pod for pod in pods if (pod["metadata"].get("labels") or {}).get("app") == name]
        phase = of[0].get("status", {}).get("phase", "unknown") if of else ""
        return f"its pod is {phase.lower()}; the kubelet has no figures of it yet" if of else "has no pod"


def readings_of(
    summary: Mapping[str, Any], namespace: str, apps: Mapping[str, str], services: Iterable[str]
) -> list[Reading]:
    """The readings in a kubelet's answer. `apps` maps pods to services. A container without figures yet has none.

    The format is k8s.io/kubelet/pkg/apis/stats/v1alpha1, `Summary`.
    """
    wanted = set(services)
    found: list[Reading] = []
    for pod in summary.get("pods") or []:
        ref = pod.get("podRef") or {}
        service = apps.get(str(ref.get("name")), "")
        if ref.get("namespace") != namespace or service not in wanted:
            continue
        for container in pod.get("containers") or []:
            if container.get("name") == service and (reading := _reading(service, ref, container)):
                found.append(reading)
    return found


def _reading(service: str, ref: Mapping[str, Any], container: Mapping[str, Any]) -> Reading | None:
    cpu, memory = container.get("cpu") or {}, container.get("memory") or {}
    used, held, looked = cpu.get("usageCoreNanoSeconds"), memory.get("workingSetBytes"), cpu.get("time")
    if used is None or held is None or not looked:
        return None
    # A container that crashed and began anew has another startTime, and its counter begins at 0.
    part = f"{ref.get('uid', ref.get('name'))}/{container.get('startTime', '')}"
    at = datetime.fromisoformat(str(looked)).timestamp()
    return Reading(
        service, str(ref["name"]), at, {part: Part(int(used) / 1e9)}, int(held), old=time.time() - at
    )
