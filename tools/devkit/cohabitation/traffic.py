"""Flows driven over and over, one after the other: some of them change what others would notice."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from devkit.engines.site import Site
from devkit.instance import Flow

__all__ = ["Drive", "Traffic"]


@dataclass(frozen=True)
class Drive:
    """A flow that was driven once, from one time to another (`time.monotonic`); what went wrong, None when nothing did."""

    flow: str
    began: float
    ended: float
    problem: str | None


class Traffic:
    """Drives in a thread of its own, from `start` until it is stopped or a flow fails."""

    def __init__(self, flows: Sequence[Flow], site: Site) -> None:
        self._flows, self._site = flows, site
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._broken_off = False
        self.drives: list[Drive] = []

    def start(self) -> Traffic:
        self._thread.start()
        return self

    @property
    def failure(self) -> Drive | None:
        """The flow that failed of itself."""
        return None if self._broken_off else next((drive for drive in self.drives if drive.problem), None)

    def rounds(self, since: float) -> int:
        """How many times each flow was driven of which all happened since then."""
        counts = [
            sum(drive.flow == flow.name and drive.began >= since for drive in self.drives)
            for flow in self._flows
        ]
        return min(counts)

    def stop(self) -> None:
        """Returns when the present flow has ended."""
        self._stopping.set()
        self._thread.join()

    def break_off(self) -> None:
        """The same where nothing is served any more: that the flow fails then says nothing."""
        self._broken_off = True
        self.stop()

    def _run(self) -> None:
        for flow in cycle(self._flows):
            if self._stopping.is_set():
                return
            began = time.monotonic()
            problem = flow.drive(self._site)
            self.drives.append(Drive(flow.name, began, time.monotonic(), problem))
            if problem:
                return
