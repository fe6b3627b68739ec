"""What this machine has: processor, cores, memory, limits."""

from __future__ import annotations

import os
import platform
import resource
import sys
from pathlib import Path

from devkit.checks import Skipped
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = [
    "cores",
    "free_memory",
    "kernel",
    "limit",
    "processes_taken",
    "processor_name",
    "this_python",
    "total_memory",
]

_GROUP = Path("/sys/fs/cgroup")


@observed("cores")
def cores(_: Machine) -> dict[str, int]:
    """`usable` by this process, and `all` that there are."""
    have = os.cpu_count() or 1
    return {"usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else have, "all": have}


@observed("processor")
def processor_name(_: Machine) -> str:
    """As the system calls it: x86_64, arm64."""
    return platform.machine()


@observed("kernel")
def kernel(_: Machine) -> str:
    """Its release: 6.8.0-45-generic."""
    return platform.release()


@observed("python")
def this_python(_: Machine) -> dict[str, Json]:
    """The Python that runs devkit: `path`, `prefix`, `version` (major and minor), and the `system` that it was made for."""
    return {
        "path": sys.executable,
        "prefix": os.path.realpath(sys.prefix),
        "version": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "system": f"{platform.system()} {platform.machine()}",
    }


@observed("memory total")
def total_memory(_: Machine) -> int:
    """Bytes."""
    import psutil

    return psutil.virtual_memory().total


@observed("memory free")
def free_memory(_: Machine) -> dict[str, int | None]:
    """Bytes: those of the `machine`, and those left to the `container` that this may be in. Raises Skipped when it is not told."""
    import psutil

    try:
        free = psutil.virtual_memory().available
    except (OSError, psutil.Error, RuntimeError):
        raise Skipped("how much is free is unknown") from None
    return {"machine": free, "container": _left_in_group()}


def _left_in_group() -> int | None:
    for most, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):  # fmt: skip
        try:
            return int((_GROUP / most).read_text("ascii")) - int((_GROUP / used).read_text("ascii"))
        except (OSError, ValueError):
            continue
    return None


@observed("limit")
def limit(_: Machine, name: str) -> dict[str, int | None]:
    """The `soft` and the `hard` limit of a process, NOFILE or NPROC; None where there is none."""
    found = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
    soft, hard = (None if each == resource.RLIM_INFINITY else each for each in found)
    return {"soft": soft, "hard": hard}


@observed("processes")
def processes_taken(machine: Machine) -> int:
    """How many processes of the limit this user has: Linux counts threads, macOS does not. Raises Skipped when it is not told."""
    import psutil

    taken = 0
    try:
        for process in psutil.process_iter(["uids", "num_threads"]):
            if process.info["uids"] and process.info["uids"].real == os.getuid():
                threads = process.info["num_threads"] if machine.platform == "linux" else None
                taken += threads or 1
    except (psutil.Error, OSError):
        raise Skipped("how many there are is unknown") from None
    return taken
