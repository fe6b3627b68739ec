"""HOME is a folder of this user's."""

from __future__ import annotations

import os
from pathlib import Path

from devkit.checks import check, warning
from devkit.doctor.checks.project.writable import owner
from devkit.doctor.machine import Machine


@check("environment.home", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning: docker, kubectl, tilt, npm and pip keep settings and caches there."""
    value = machine.environ.get("HOME", "")
    lost = "docker, kubectl, tilt and npm keep their settings there"
    if not value:
        raise warning(f"HOME is not set: {lost}", "export HOME=…, your folder")
    home = Path(value)
    try:
        if not home.exists():
            raise warning(f"HOME is {value[:80]}, which does not exist: {lost}", "export HOME=…, your folder")
        if not home.is_dir():
            raise warning(f"HOME is {value[:80]}, which is no folder: {lost}", "export HOME=…, your folder")
        if not os.access(home, os.W_OK | os.X_OK):
            raise warning(
                f"HOME ({value[:80]}) cannot be written (it belongs to {owner(home)}): {lost}",
                "export HOME=…, your own folder, or mend its rights",
            )
        if home.stat().st_uid != os.geteuid():
            raise warning(
                f"HOME ({value[:80]}) belongs to {owner(home)}: files that are made there now, they cannot write later",
                "do not call devkit with sudo",
            )
    except (OSError, ValueError) as problem:
        raise warning(
            f"HOME ({value[:80]}) cannot be looked at: {problem}", "export HOME=…, your folder"
        ) from None
    return value[:80]
