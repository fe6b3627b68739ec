"""Restarting a service: its pods are replaced, as its Deployment's strategy says."""

from __future__ import annotations

import datetime

from devkit.cluster.client import Cluster
from devkit.cluster.wait import Progress, wait_for_rollout

__all__ = ["restart"]

_ANNOTATION = "kubectl.kubernetes.io/restartedAt"


def restart(
    cluster: Cluster, namespace: str, name: str, deadline: float = 120.0, progress: Progress | None = None
) -> None:
    """Replaces all pods of a Deployment and waits until the new ones are ready.

    Raises DevkitError: exit 5 when there is no such Deployment, exit 1 with the reason when it does not come up.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    annotated = {"metadata": {"annotations": {_ANNOTATION: now}}}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    cluster.patch(path, {"spec": {"template": annotated}}, strategic=True)
    wait_for_rollout(cluster, namespace, name, deadline, progress)
