"""Which process a pid means: the same number is given to another one later, and clocks are set back and forth."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from devkit.base.errors import DevkitError

__all__ = ["ProcessIdentity", "describe", "this_boot", "this_process"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
# The fields of /proc/PID/stat after the name, which may hold blanks and brackets itself: the state, and the start.
_STATE, _STARTED = 0, 19


@dataclass(frozen=True)
class ProcessIdentity:
    """A process. `boot` is the boot of the machine that it runs in, `started` the clock ticks from that boot to its start
    (without /proc: the start as the system noted it, in microseconds)."""

    pid: int
    boot: str
    started: int

    @property
    def age(self) -> float:
        """Seconds since its start. On Linux by a clock that nobody sets, and that goes on while the machine sleeps."""
        if sys.platform == "linux" and self.boot:
            began, now = self.started / os.sysconf("SC_CLK_TCK"), time.clock_gettime(time.CLOCK_BOOTTIME)
        else:
            began, now = self.started / 1e6, time.time()
        return max(0.0, now - began)

    @property
    def runs(self) -> bool:
        """Whether it still runs; one that has ended and waits for its parent does not."""
        return self == describe(self.pid)

    def __str__(self) -> str:
        return f"{self.pid}.{self.boot}.{self.started}"

    @classmethod
    def parse(cls, text: str) -> ProcessIdentity | None:
        """What `str` made; None for anything else."""
        pid, _, rest = text.partition(".")
        boot, _, started = rest.rpartition(".")
        return cls(int(pid), boot, int(started)) if pid.isdecimal() and started.isdecimal() else None


@cache
def this_boot() -> str:
    """This boot of the machine; empty where the system gives it no name."""
    with contextlib.suppress(OSError):
        return _BOOT.read_text("ascii").strip()
    return ""


def this_process() -> ProcessIdentity:
    """The process that asks. Raises DevkitError where the system shows no process, not even this one."""
    found = describe(os.getpid())
    if found is None:
        raise DevkitError(
            "no process can be seen here: /proc is empty, so devkit could not tell its own processes from others",
            fix="mount -t proc proc /proc; a container's is hidden by its settings",
        )
    return found


def describe(pid: int) -> ProcessIdentity | None:
    """The process that has this pid now; None where there is none that runs."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return ProcessIdentity(pid, this_boot(), int(fields[_STARTED])) if fields[_STATE] != b"Z" else None
    except (OSError, IndexError, ValueError):
        return _without_proc(pid) if not this_boot() else None


def _without_proc(pid: int) -> ProcessIdentity | None:
    import psutil  # macOS, or a container that hides /proc

    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return ProcessIdentity(pid, this_boot(), int(process.create_time() * 1e6))
    return None
