"""Pods: their state and its reason, their logs, and commands inside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # doctor reads pods without the Kubernetes client, unless there is a cluster
    from devkit.cluster.client import Cluster, Json

__all__ = ["Pod", "deployments", "list_pods", "logs", "newest_ready", "pod_of", "pods_path"]


@dataclass(frozen=True)
class Pod:
    """A pod as `status` shows it. `app` is its service; `reason` says why it is not ready, empty when it is;
    `created` is when, as the API server dates it; `terminating` when it is on its way out."""

    name: str
    app: str
    ready: bool
    restarts: int
    reason: str
    created: str
    terminating: bool
    phase: str


def pods_path(namespace: str) -> str:
    """Where the API has the namespace's pods."""
    return f"/api/v1/namespaces/{namespace}/pods"


def list_pods(cluster: Cluster, namespace: str, app: str | None = None) -> list[Pod]:
    """The pods of a namespace, or those of one service (label `app`), newest first."""
    query = [("labelSelector", f"app={app}")] if app else []
    items = cluster.get(pods_path(namespace), query).get("items", [])
    return sorted((pod_of(item) for item in items), key=lambda pod: pod.created, reverse=True)


def newest_ready(cluster: Cluster, namespace: str, app: str) -> Pod | None:
    """The pod that a new connection to the service should go to."""
    pods = list_pods(cluster, namespace, app)
    return next((pod for pod in pods if pod.ready and not pod.terminating), None)


def logs(
    cluster: Cluster,
    namespace: str,
    pod: str,
    *,
    follow: bool = False,
    tail: int | None = None,
    previous: bool = False,
    timestamps: bool = False,
    container: str | None = None,
) -> Iterator[str]:
    """The lines that a pod (its first `container` unless one is named) wrote; with `follow` those to come, until it ends."""
    query = [("follow", "true")] if follow else []
    query += [("tailLines", str(tail))] if tail is not None else []
    query += [("previous", "true")] if previous else []
    query += [("timestamps", "true")] if timestamps else []
    query += [("container", container)] if container else []
    return cluster.lines(f"{pods_path(namespace)}/{pod}/log", query, read_timeout=None if follow else 30)


def deployments(cluster: Cluster, namespace: str) -> list[Json]:
    """The Deployments of a namespace, as the API has them."""
    items: list[Json] = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments").get("items", [])
    return items


def pod_of(item: Json) -> Pod:
    """A pod from the API's JSON."""
    meta, status = item["metadata"], item.get("status", {})
    containers: list[Json] = status.get("containerStatuses") or []
    conditions = {c["type"]: c for c in status.get("conditions") or []}
    ready = conditions.get("Ready", {}).get("status") == "True"
    terminating = bool(meta.get("deletionTimestamp"))
    return Pod(
        name=meta["name"],
        app=(meta.get("labels") or {}).get("app", ""),
        ready=ready,
        restarts=sum(int(c.get("restartCount", 0)) for c in containers),
        reason="terminating" if terminating else "" if ready else _reason(status, containers, conditions),
        created=meta.get("creationTimestamp") or "",
        terminating=terminating,
        phase=status.get("phase", "Unknown"),
    )


def _reason(status: Json, containers: list[Json], conditions: dict[str, Json]) -> str:
    """Why a pod is not ready: what holds its container, else what holds the pod."""
    first = [one for one in status.get("initContainerStatuses") or [] if not one.get("ready")]
    for container in [*first, *containers]:
        state: dict[str, Any] = container.get("state") or {}
        if ended := state.get("terminated"):
            if ended.get("exitCode") == 0 and status.get("phase") == "Succeeded":
                return "completed"
            return _ended(ended)
        if waiting := state.get("waiting"):
            kind, said = waiting.get("reason", "waiting"), waiting.get("message", "")
            if kind == "CrashLoopBackOff":
                last = (container.get("lastState") or {}).get("terminated") or {}
                return f"keeps crashing: {_ended(last)}"
            if kind in ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"):
                return f"image {container.get('image', '?')} cannot be pulled ({kind})"
            return f"{kind}: {said}" if said else str(kind)
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('message', scheduled.get('reason', ''))}"
    if status.get("phase") == "Failed":
        return f"failed: {status.get('message') or status.get('reason') or 'no reason given'}"
    return "running, but its readiness probe does not pass yet" if containers else "starting"


def _ended(ended: Json) -> str:
    if ended.get("reason") == "OOMKilled":
        return "ran out of memory (OOMKilled)"
    return f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode', '?')}"
