"""HOME is this user's folder."""

from __future__ import annotations

from devkit.checks import check, warning
from devkit.doctor.facts.files import me, there
from devkit.doctor.machine import Machine


@check("environment.home", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning: docker, kubectl, tilt, npm and pip keep settings and caches there."""
    value = machine.environ.get("HOME", "")
    lost = "docker, kubectl, tilt and npm keep their settings there"
    if not value:
        raise warning(f"HOME is not set: {lost}", "export HOME=…, your home folder")
    found, shown = there(machine, value), value[:80]
    if found.problem:
        raise warning(
            f"HOME ({shown}) cannot be accessed: {found.problem}", "export HOME=…, your home folder"
        )
    if not found:
        raise warning(f"HOME is {shown}, which does not exist: {lost}", "export HOME=…, your home folder")
    if not found.is_folder:
        raise warning(f"HOME is {shown}, which is not a folder: {lost}", "export HOME=…, your home folder")
    if not (found.writable and found.runnable):
        raise warning(
            f"HOME ({shown}) cannot be written (it belongs to {found.owner}): {lost}",
            "export HOME=…, your home folder, or fix its permissions",
        )
    if found.uid != me(machine)["uid"]:
        raise warning(
            f"HOME ({shown}) belongs to {found.owner}: they will not be able to change files that you create there",
            "do not run devkit with sudo",
        )
    return shown
