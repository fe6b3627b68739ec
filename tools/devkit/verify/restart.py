"""A service is restarted while somebody keeps asking: it ends by itself, comes back, and nobody waits for long."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from devkit.checks import Problem, Skipped
from devkit.engines.site import Site
from devkit.model import Service
from devkit.types.answers import alive, wait_ready
from devkit.verify.sync import process_identity

__all__ = ["check_restart"]

_READY = 60.0
_EVERY = 0.05
_STILL = 0.5


def check_restart(site: Site, name: str) -> str:
    """Restarts one service. Raises Problem when it does not come back, or had to be killed."""
    service = site.service(name)
    before = _identity(site, service)
    began = time.monotonic()
    with _Prober(site, service) as prober:
        how_it_ended = site.restart(name)
        wait_ready(site, service, _READY)
        took = time.monotonic() - began
        if before is not None and _identity(site, service) == before:
            raise Problem("the process from before the restart still answers")
        ended = how_it_ended()
        time.sleep(_STILL)
        wait_ready(site, service, _READY)
    return f"ready again after {took:.1f} s{ended}; {prober.report()}"


def _identity(site: Site, service: Service) -> str | None:
    try:
        return process_identity(site, service)
    except Skipped:
        return None


class _Prober:
    """Asks a service, over and over, whether it lives, while the block runs."""

    def __init__(self, site: Site, service: Service) -> None:
        self._site, self._service = site, service
        self._stop = threading.Event()
        self._asked = self._failed = 0
        self._down_since: float | None = None
        self._longest = 0.0
        self._thread = threading.Thread(target=self._run, name="prober", daemon=True)

    def __enter__(self) -> _Prober:
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
            except Problem:
                self._failed += 1
                self._down_since = self._down_since or began
                self._longest = max(self._longest, time.monotonic() - self._down_since)
