"""This user may start enough processes."""

from __future__ import annotations

import os
import resource

from devkit.checks import Skipped, check, warning
from devkit.doctor.machine import Machine

_NEEDED = 200


@check("limits.processes", __doc__)
def run(_: Machine) -> str:
    """Raises a warning when fewer than 200 are left."""
    import psutil

    soft, _hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft == resource.RLIM_INFINITY or os.geteuid() == 0:  # root is not held to it
        return "no limit"
    taken = 0
    try:
        for process in psutil.process_iter(["uids", "num_threads"]):
            if process.info["uids"] and process.info["uids"].real == os.getuid():
                taken += process.info["num_threads"] or 1  # Linux counts threads
    except (psutil.Error, OSError):
        raise Skipped("how many there are is not told") from None
    if soft - taken < _NEEDED:
        raise warning(
            f"{max(soft - taken, 0)} of {soft} processes are left to this user (ulimit -u); the platform takes up to {_NEEDED}",
            f"ulimit -u {max(soft * 2, 4096)}, in your shell's start-up file",
        )
    return f"{taken} of {soft}"
