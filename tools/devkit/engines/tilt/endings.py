"""A rollout of one service, and how its old pods end."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable

from devkit.base.errors import DevkitError
from devkit.checks import Problem
from devkit.cluster.client import Cluster
from devkit.cluster.pods import pods_path
from devkit.cluster.restart import restart

__all__ = ["rolled_out"]

_ROLLOUT = 120.0
_GRACE = 45.0
# Ended by itself after SIGTERM: with 0, or with the signal's own code.
_CLEAN = (0, 143)


def rolled_out(cluster: Cluster, namespace: str, name: str) -> Callable[[], str]:
    """As `Site.restart`."""
    watch = _Endings(cluster, namespace, name)
    _roll_out(cluster, namespace, name)
    return lambda: _judged(watch.codes(_GRACE))


def _roll_out(cluster: Cluster, namespace: str, name: str) -> None:
    try:
        restart(cluster, namespace, name, _ROLLOUT)
    except DevkitError as problem:
        fix = problem.fix
        if "Insufficient" in problem.message:
            fix = "a restart needs room for a second pod: lower resource_scale in tilt_config.json, or give the node more"
        raise Problem(problem.message, fix) from None


def _judged(codes: dict[str, int | None]) -> str:
    bad = {pod: code for pod, code in codes.items() if code is not None and code not in _CLEAN}
    if bad:
        said = ", ".join(f"{pod} with exit code {code}" for pod, code in bad.items())
        raise Problem(
            f"it does not end cleanly: {said}", "137: it took longer than its grace period after SIGTERM"
        )
    known = sorted({code for code in codes.values() if code is not None})
    return f"; the old one ended with {', '.join(map(str, known))}" if known else ""


class _Endings:
    """Watches how the pods of a service that run now will end."""

    def __init__(self, cluster: Cluster, namespace: str, app: str) -> None:
        path, query = pods_path(namespace), [("labelSelector", f"app={app}")]
        now = cluster.get(path, query)
        self._codes: dict[str, int | None] = {item["metadata"]["name"]: None for item in now["items"]}
        self._left = set(self._codes)
        self._done = threading.Event()
        since = [("watch", "true"), ("resourceVersion", str(now["metadata"]["resourceVersion"]))]
        since += [("timeoutSeconds", str(int(_ROLLOUT + _GRACE)))]
        arguments = (cluster, path, [*query, *since])
        threading.Thread(target=self._watch, args=arguments, name="endings", daemon=True).start()

    def codes(self, seconds: float) -> dict[str, int | None]:
        """Pod → its container's exit code, None when it was not seen; waits until they are gone."""
        self._done.wait(seconds)
        return dict(self._codes)

    def _watch(self, cluster: Cluster, path: str, query: list[tuple[str, str]]) -> None:
        with contextlib.suppress(DevkitError, ValueError, KeyError):
            for line in cluster.lines(path, query, read_timeout=_ROLLOUT + _GRACE):
                event = json.loads(line)
                pod = event["object"]["metadata"]["name"]
                if pod not in self._codes:
                    continue
                for container in event["object"]["status"].get("containerStatuses") or []:
                    if ended := container.get("state", {}).get("terminated"):
                        self._codes[pod] = int(ended["exitCode"])
                if event["type"] == "DELETED":
                    self._left.discard(pod)
                if not self._left:
                    break
        self._done.set()
