"""How long a service takes to end, and how a process ends at once. Imports nothing that takes long."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from typing import NoReturn

__all__ = ["Ending", "end_now"]


@dataclass(frozen=True)
class Ending:
    """Seconds from SIGTERM: for `drain` of them requests are taken as before, so that whoever routes to the service can
    learn that it goes; `grace` later whoever runs it would kill it."""

    drain: float = 0.0
    grace: float = 10.0

    @property
    def requests(self) -> float:
        """After the drain: what requests that are under way get. The rest is for closing what is open."""
        return self.grace * 0.75

    @property
    def whole(self) -> float:
        """Until the process ends whatever holds it up, before it would be killed."""
        return self.drain + self.grace * 0.9


def end_now(number: int) -> NoReturn:
    """Ends this process as the signal would. Where it is the first one of a container the kernel keeps that from it: exit
    code 128 + `number`, as a shell tells it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
