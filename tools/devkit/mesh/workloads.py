"""What a release runs, and why it does not run yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster, Json
from devkit.cluster.pods import Pod, logs, pod_of, pods_path

__all__ = ["WITH_PODS", "Held", "Workload", "documents", "held_back", "last_words", "workloads"]

# Kinds that have pods → where the API has them in a namespace.
WITH_PODS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
}
# kind → status keys, of which the least says how many are new and ready.
_READY = {
    "Deployment": ("readyReplicas", "updatedReplicas"),
    "StatefulSet": ("readyReplicas", "updatedReplicas"),
    "DaemonSet": ("numberReady", "updatedNumberScheduled"),
    "Job": ("succeeded",),
}


@dataclass(frozen=True)
class Workload:
    """Something that has pods."""

    kind: str
    name: str
    namespace: str

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"{WITH_PODS[self.kind].format(self.namespace)}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


@dataclass(frozen=True)
class Held:
    """A workload that is not as it should be: how many of its pods are ready, and those that are not."""

    ready: int
    wanted: int
    pods: tuple[Pod, ...] = ()

    @property
    def why(self) -> str:
        """One line: the pod that is not ready, or how many are missing."""
        return (
            f"{self.pods[0].name}: {self.pods[0].reason}"
            if self.pods
            else f"{self.ready} of {self.wanted} pods are ready"
        )


def documents(manifest: str) -> list[Json]:
    """The objects of a manifest; what is not YAML counts as none."""
    try:
        return [each for each in yaml.safe_load_all(manifest) if isinstance(each, dict)]
    except yaml.YAMLError:
        return []


def workloads(manifests: Iterable[str], namespace: str) -> list[Workload]:
    """Everything in the manifests that has pods."""
    found = [each for manifest in manifests for each in documents(manifest) if each.get("kind") in WITH_PODS]
    return [
        Workload(each["kind"], each["metadata"]["name"], each["metadata"].get("namespace") or namespace)
        for each in found
    ]


def held_back(cluster: Cluster, wanted: Iterable[Workload]) -> dict[Workload, Held]:
    """Which are not as they should be, in their order. A Job that is not there has done its work."""
    waiting: dict[Workload, Held] = {}
    for workload in wanted:
        found = cluster.find(workload.path)
        if found is None:
            if workload.kind != "Job":
                waiting[workload] = Held(0, 1)
            continue
        ready, asked = _counts(workload.kind, found)
        if ready < asked:
            pods = (pod for pod in _pods(cluster, workload, found) if not pod.ready and not pod.terminating)
            waiting[workload] = Held(ready, asked, tuple(pods))
    return waiting


def last_words(cluster: Cluster, workload: Workload, pod: Pod, count: int = 6) -> list[str]:
    """What the container that holds a pod back wrote last: an init container's lines if it is one of those."""
    item = cluster.find(f"{pods_path(workload.namespace)}/{pod.name}")
    if item is None:
        return []
    status = item.get("status", {})
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        if each.get("ready") and not (each.get("state") or {}).get("waiting"):
            continue
        for previous in (False, True):
            try:
                lines = logs(
                    cluster,
                    workload.namespace,
                    pod.name,
                    container=each["name"],
                    tail=count,
                    previous=previous,
                )
                if found := list(lines):
                    return found
            except DevkitError:  # it has not started, or never did before
                continue
    return []


def _counts(kind: str, found: Json) -> tuple[int, int]:
    """How many pods are new and ready, and how many should be."""
    status: dict[str, Any] = found.get("status", {})
    asked = (
        found["spec"].get("replicas", 1) if kind != "DaemonSet" else status.get("desiredNumberScheduled", 1)
    )
    if kind != "Job" and status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return 0, asked
    return min(int(status.get(key) or 0) for key in _READY[kind]), asked


def _pods(cluster: Cluster, workload: Workload, found: Json) -> list[Pod]:
    labels: dict[str, str] = found["spec"].get("selector", {}).get("matchLabels") or {}
    query = [("labelSelector", ",".join(f"{key}={value}" for key, value in labels.items()))]
    items = cluster.get(pods_path(workload.namespace), query).get("items", []) if labels else []
    return [pod_of(item) for item in items]
