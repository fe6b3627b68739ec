"""What pods write, prefixed and followed across their replacement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.pods import list_pods, logs
from devkit.engines.local.view import PlainView

__all__ = ["show_pod_logs"]

_PAUSE = 1.0


def show_pod_logs(
    cluster: Cluster, namespace: str, services: Sequence[str], *, follow: bool, lines: int
) -> None:
    """The last `lines` of each service's newest pod; with `follow` all that comes, until Ctrl-C."""
    view = PlainView(list(services))
    writing = threading.Lock()

    def write(service: str, line: str) -> None:
        with writing:
            view.write(service, line)

    seen: dict[str, str] = {}
    for service in services:
        for pod in list_pods(cluster, namespace, service)[:1]:
            seen[service] = pod.name
            try:
                for line in logs(cluster, namespace, pod.name, tail=lines):
                    write(service, line)
            except DevkitError:  # its container has not started
                write(service, f"({pod.reason})")
    if not follow:
        return
    for service in services:
        threading.Thread(
            target=_follow, args=(cluster, namespace, service, seen.get(service), write), daemon=True
        ).start()
    while True:
        time.sleep(_PAUSE)


def _follow(
    cluster: Cluster, namespace: str, service: str, known: str | None, write: Callable[[str, str], None]
) -> None:
    """One service's pods, one after the other. The pod that was shown already goes on where that ended."""
    while True:
        try:
            pod = next((p for p in list_pods(cluster, namespace, service) if not p.terminating), None)
            if pod is not None:
                for line in logs(
                    cluster, namespace, pod.name, follow=True, tail=0 if pod.name == known else None
                ):
                    write(service, line)
                known = pod.name
        except DevkitError:
            pass
        time.sleep(_PAUSE)
