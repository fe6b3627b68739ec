"""Linux lets enough programs watch at once."""

from __future__ import annotations

from devkit.checks import Fix, check, warning
from devkit.doctor.facts.inotify import inotify, to_paste
from devkit.doctor.machine import Machine

_NEEDED = 16  # Tilt, Vite, devkit and an editor with its servers


@check("watch.inotify-instances", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning when fewer are left than a platform and an editor take."""
    known = machine.fact(inotify)
    left = known.instances - known.instances_used
    if left < _NEEDED:
        raise warning(
            f"{max(left, 0)} of {known.instances} inotify instances are left, and the platform with an editor takes about "
            f"{_NEEDED}: saves would go unnoticed",
            fix=Fix(to_paste("max_user_instances", max(512, known.instances * 2))),
        )
    return f"{known.instances_used} of {known.instances} taken"
