"""A service is restarted while somebody keeps asking: it ends by itself, comes back, and nobody waits for long."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from types import TracebackType

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.pods import pods_path
from devkit.cluster.restart import restart
from devkit.engines.local.adapter import LocalEngine
from devkit.model import Service
from devkit.types.answers import alive, wait_ready
from devkit.types.ask import Failed, Skipped
from devkit.verify.site import Site
from devkit.verify.sync import life

__all__ = ["check_restart"]

_READY = 60.0
_ROLLOUT = 120.0
_GRACE = 45.0
_EVERY = 0.05
_STILL = 0.5
# Ended by itself after SIGTERM: with 0, or with the signal's own code.
_CLEAN = (0, 143)


def check_restart(site: Site, name: str) -> str:
    """Restarts one service. Raises Failed when it does not come back, or had to be killed."""
    service = site.service(name)
    before = _life(site, service)
    began = time.monotonic()
    with _Knocking(site, service) as knocking:
        watch = None
        if site.cluster is None:
            LocalEngine(site.root).restart(name)
        else:
            watch = _Endings(site.cluster, site.table.namespace, name)
            _roll_out(site.cluster, site.table.namespace, name)
        wait_ready(site, service, _READY)
        took = time.monotonic() - began
        if before is not None and _life(site, service) == before:
            raise Failed("the process from before the restart still answers")
        ended = _judged(watch.codes(_GRACE)) if watch else ""
        time.sleep(_STILL)
        wait_ready(site, service, _READY)
    return f"ready again after {took:.1f} s{ended}; {knocking.report()}"


def _roll_out(cluster: Cluster, namespace: str, name: str) -> None:
    try:
        restart(cluster, namespace, name, _ROLLOUT)
    except DevkitError as problem:
        mend = problem.hint
        if "Insufficient" in problem.message:
            mend = "a restart needs room for a second pod: lower resource_scale in tilt_config.json, or give the node more"
        raise Failed(problem.message, mend) from None


def _life(site: Site, service: Service) -> str | None:
    try:
        return life(site, service)
    except Skipped:
        return None


def _judged(codes: dict[str, int | None]) -> str:
    bad = {pod: code for pod, code in codes.items() if code is not None and code not in _CLEAN}
    if bad:
        said = ", ".join(f"{pod} with exit code {code}" for pod, code in bad.items())
        raise Failed(
            f"it does not end cleanly: {said}", "137: it took longer than its grace period after SIGTERM"
        )
    known = sorted({code for code in codes.values() if code is not None})
    return f"; the old one ended with {', '.join(map(str, known))}" if known else ""


class _Knocking:
    """Asks a service, over and over, whether it lives, while the block runs."""

    def __init__(self, site: Site, service: Service) -> None:
        self._site, self._service = site, service
        self._stop = threading.Event()
        self._asked = self._failed = 0
        self._down_since: float | None = None
        self._longest = 0.0
        self._thread = threading.Thread(target=self._run, name="knocking", daemon=True)

    def __enter__(self) -> _Knocking:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(6)

    def report(self) -> str:
        """How it was for those who asked."""
        if not self._failed:
            return f"all of {self._asked} requests meanwhile were answered"
        return f"{self._failed} of {self._asked} requests meanwhile failed, for {self._longest:.1f} s at most"

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            self._asked += 1
            began = time.monotonic()
            try:
                alive(self._site, self._service, 5)
                self._down_since = None
            except Failed:
                self._failed += 1
                self._down_since = self._down_since or began
                self._longest = max(self._longest, time.monotonic() - self._down_since)


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
