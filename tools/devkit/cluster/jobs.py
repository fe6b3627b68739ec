"""A Job from its start to its end: streamed logs, a deadline, nothing left behind."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster, Json
from devkit.cluster.pods import Pod, logs, pod_of, pods_path
from devkit.cluster.wait import wait_until

__all__ = ["run_job"]

_LIFETIME = 600  # seconds that a finished Job stays, should devkit be killed before it deletes it
_REMEMBERED = 12
# Seconds that the cluster gives a Job beyond its deadline, so that devkit still finds the pod and can say what held it.
_GRACE = 15


def run_job(
    cluster: Cluster,
    namespace: str,
    name: str,
    pod: Json,
    *,
    files: Mapping[str, str] | None = None,
    deadline: float = 120.0,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Runs `pod` (a pod's spec) once as a Job called `name` with a suffix of its own, and deletes it afterwards.

    `files` become a ConfigMap that the spec may mount under the name `{job}`; in it, that word stands for the Job's
    name. Each line that it writes is passed to `on_line`. Raises DevkitError (exit 1) when it fails or `deadline`
    seconds have passed, with its last lines unless `on_line` has had them.
    """
    job = f"{name}-{secrets.token_hex(3)}"
    batch = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "devkit"}
    if files:
        cluster.create(maps, _config_map(job, labels, files))
    try:
        made = cluster.create(batch, _job(job, labels, _named(pod, job), deadline))
        if files:  # goes with the Job, whatever happens to this process
            owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": made["metadata"]["uid"]}
            cluster.patch(f"{maps}/{job}", {"metadata": {"ownerReferences": [owner]}})
        _follow(cluster, namespace, job, deadline, on_line)
    finally:
        cluster.delete(f"{batch}/{job}")
        if files:
            cluster.delete(f"{maps}/{job}")


def _follow(
    cluster: Cluster, namespace: str, job: str, deadline: float, on_line: Callable[[str], None] | None
) -> None:
    last: deque[str] = deque(maxlen=0 if on_line else _REMEMBERED)
    reader = threading.Thread(
        target=_read, args=(cluster, namespace, job, deadline, on_line or (lambda _: None), last), daemon=True
    )
    reader.start()
    ended: list[Json] = []
    began = time.monotonic()

    def check() -> str | None:
        status = cluster.get(f"/apis/batch/v1/namespaces/{namespace}/jobs/{job}").get("status", {})
        conditions = status.get("conditions") or []
        ended[:] = [c for c in conditions if c["type"] in ("Complete", "Failed") and c["status"] == "True"]
        if ended:
            return None
        pods = _pods(cluster, namespace, job)
        return (pods[0].reason or "it is still running") if pods else "no pod yet"

    def failed(reason: str) -> DevkitError:
        return _failure(job, f"has not ended after {time.monotonic() - began:.0f} s ({reason})", last)

    wait_until(check, deadline, failed, None)
    reader.join(5)
    if ended[0]["type"] == "Failed":
        pods = _pods(cluster, namespace, job)
        reason = (
            pods[0].reason if pods and pods[0].reason else str(ended[0].get("message", "no reason given"))
        )
        raise _failure(job, f"failed ({reason})", last)


def _read(
    cluster: Cluster,
    namespace: str,
    job: str,
    deadline: float,
    on_line: Callable[[str], None],
    last: deque[str],
) -> None:
    """Passes on what the pod writes, from its start. Ends with it, or quietly when it is deleted."""
    pods: list[Pod] = []

    def started() -> str | None:
        pods[:] = [pod for pod in _pods(cluster, namespace, job) if pod.phase != "Pending"]
        return None if pods else "not started"

    try:
        wait_until(started, deadline, DevkitError, None)
        for line in logs(cluster, namespace, pods[0].name, follow=True):
            last.append(line)
            on_line(line)
    except DevkitError:
        return


def _pods(cluster: Cluster, namespace: str, job: str) -> list[Pod]:
    answer = cluster.get(pods_path(namespace), [("labelSelector", f"batch.kubernetes.io/job-name={job}")])
    return [pod_of(item) for item in answer.get("items", [])]


def _failure(job: str, what: str, last: deque[str]) -> DevkitError:
    return DevkitError(f"job {job} {what}" + "".join(f"\n    {line}" for line in last))


def _job(name: str, labels: Json, pod: Json, deadline: float) -> Json:
    template = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", **pod}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": int(deadline) + _GRACE,
            "ttlSecondsAfterFinished": _LIFETIME,
            "template": template,
        },
    }


def _config_map(name: str, labels: Json, files: Mapping[str, str]) -> Json:
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(files)}


def _named(pod: Json, job: str) -> Json:
    """The spec with `{job}` as the ConfigMap's name."""
    volumes = [
        {**volume, "configMap": {**volume["configMap"], "name": job}}
        if volume.get("configMap", {}).get("name") == "{job}"
        else volume
        for volume in pod.get("volumes", [])
    ]
    return {**pod, "volumes": volumes} if volumes else pod
