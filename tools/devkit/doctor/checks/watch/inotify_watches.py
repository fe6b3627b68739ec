"""Linux lets every folder of the clone be watched."""

from __future__ import annotations

from devkit.checks import Fix, check, warning
from devkit.doctor.facts.inotify import inotify, to_paste, watched_folders
from devkit.doctor.machine import Machine

_COMFORT = 524_288
_TWICE = 2  # devkit or Tilt, and the editor


@check("watch.inotify-watches", __doc__)
def run(machine: Machine) -> str:
    """Raises a warning when fewer are left than the clone needs."""
    known = machine.fact(inotify)
    needed, left = _TWICE * machine.fact(watched_folders), known.watches - known.watches_used
    if left < needed:
        name, has = known.most
        most = f"; {name} has {has}" if has else ""
        raise warning(
            f"{max(left, 0)} of {known.watches} inotify watches are left, and the clone needs about {needed}: "
            f"saves would go unnoticed{most}",
            fix=Fix(to_paste("max_user_watches", max(_COMFORT, known.watches * 2))),
        )
    return f"{known.watches_used} of {known.watches} taken, about {needed} needed"
