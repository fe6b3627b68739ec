"""Waiting with a deadline: for rollouts and for ready pods. A timeout says what did not happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.cluster.pods import Pod, list_pods, logs

if TYPE_CHECKING:
    from devkit.cluster.client import Cluster, Json

__all__ = ["Progress", "last_lines", "wait_for_ready_pod", "wait_for_rollout", "wait_until", "why_not_ready"]

# Called with what is being waited for, each time it changes.
Progress = Callable[[str], None]

_EVERY = 0.25
# Reasons that no waiting fixes.
_HOPELESS = ("ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError")


def wait_until(
    check: Callable[[], str | None],
    deadline: float,
    failed: Callable[[str], DevkitError],
    progress: Progress | None,
) -> None:
    """Calls `check` until it returns None. What it returns until then is why it is not so yet.

    Raises what `failed` makes of the last reason, after `deadline` seconds or as soon as the reason is a hopeless one.
    """
    said = ""
    for _ in attempts(deadline, _EVERY):
        if (reason := check()) is None:
            return
        if progress is not None and reason != said:
            progress(reason)
        said = reason
        if any(word in reason for word in _HOPELESS):
            break
    raise failed(said)


def wait_for_ready_pod(
    cluster: Cluster, namespace: str, app: str, deadline: float = 120.0, progress: Progress | None = None
) -> Pod:
    """The newest ready pod of a service, as soon as there is one. Raises DevkitError (exit 1) with what holds it."""
    found: list[Pod] = []

    def check() -> str | None:
        pods = list_pods(cluster, namespace, app)
        found[:] = [pod for pod in pods if pod.ready and not pod.terminating]
        return None if found else why_not_ready(pods, app)

    wait_until(check, deadline, _failure(cluster, namespace, app, deadline), progress)
    return found[0]


def wait_for_rollout(
    cluster: Cluster, namespace: str, name: str, deadline: float = 120.0, progress: Progress | None = None
) -> None:
    """Returns once all pods of a Deployment are new and ready. Raises DevkitError (exit 1) with what holds it."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"

    def check() -> str | None:
        missing = _unfinished(cluster.get(path))
        if missing is None:
            return None
        pods = [pod for pod in list_pods(cluster, namespace, name) if not pod.ready]
        return why_not_ready(pods, name) if pods else missing

    wait_until(check, deadline, _failure(cluster, namespace, name, deadline), progress)


def why_not_ready(pods: list[Pod], app: str) -> str:
    """One line for the pod that is furthest from being ready; the one on its way out counts last."""
    waiting = sorted((pod for pod in pods if not pod.ready or pod.terminating), key=lambda p: p.terminating)
    return f"{waiting[0].name}: {waiting[0].reason}" if waiting else f"{app} has no pod yet"


def last_lines(cluster: Cluster, namespace: str, app: str, count: int = 8) -> list[str]:
    """What the newest pod of a service wrote last; of its previous life when this one has said nothing yet."""
    for pod in list_pods(cluster, namespace, app)[:1]:
        for previous in (False, True):
            try:
                if lines := list(logs(cluster, namespace, pod.name, tail=count, previous=previous)):
                    return lines
            except DevkitError:  # the container has not started, or never did before
                continue
    return []


def _unfinished(deployment: Json) -> str | None:
    meta, spec, status = deployment["metadata"], deployment["spec"], deployment.get("status", {})
    wanted = spec.get("replicas", 1)
    if status.get("observedGeneration", 0) < meta.get("generation", 0):
        return f"{meta['name']}: the change is not seen yet"
    counts = [int(status.get(key, 0)) for key in ("updatedReplicas", "replicas", "availableReplicas")]
    if counts == [wanted] * 3:
        return None
    return f"{meta['name']}: {counts[0]} of {wanted} new, {counts[2]} ready, {counts[1] - counts[0]} old"


def _failure(cluster: Cluster, namespace: str, app: str, deadline: float) -> Callable[[str], DevkitError]:
    def failed(reason: str) -> DevkitError:
        lines = last_lines(cluster, namespace, app)
        wrote = "".join(f"\n    {line}" for line in lines)
        return DevkitError(
            f"{app} is not ready after {deadline:.0f} s: {reason}{wrote}",
            fix=f"./devkit logs {app}; kubectl -n {namespace} describe pods -l app={app}",
        )

    return failed
