"""This user may start enough processes."""

from __future__ import annotations

from devkit.checks import check, warning
from devkit.doctor.facts.files import me
from devkit.doctor.facts.hardware import limit, processes_taken
from devkit.doctor.machine import Machine

_NEEDED = 200


@check("limits.processes", __doc__)
def run(machine: Machine) -> str:
    """Raises a warning when fewer than 200 are left."""
    soft = limit(machine, "NPROC")["soft"]
    if soft is None or me(machine)["uid"] == 0:  # root is not held to it
        return "no limit"
    taken = processes_taken(machine)
    if soft - taken < _NEEDED:
        raise warning(
            f"{max(soft - taken, 0)} of {soft} processes are left to this user (ulimit -u); the platform takes up to {_NEEDED}",
            f"ulimit -u {max(soft * 2, 4096)}, in your shell's start-up file",
        )
    return f"{taken} of {soft}"
