"""The clone and .devkit can be written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from devkit.checks import Problem, Skipped, check, warning
from devkit.doctor.checks.project.disk import is_full
from devkit.doctor.facts.files import me, there
from devkit.doctor.facts.place import mount
from devkit.doctor.machine import Machine, observed


@check("project.writable", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem that tells a read-only file system from a full one and from somebody else's folder."""
    for path, name in ((machine.root, "the clone"), (machine.root / ".devkit", ".devkit")):
        wanted = path == machine.root or there(machine, path)
        if wanted and (trouble := _refused(machine, path)):
            if trouble == "ENOSPC" and is_full(machine):
                raise Skipped("not checked because project.disk failed")
            raise _explained(machine, path, name, trouble)
    state, uid = there(machine, ".devkit"), me(machine)["uid"]
    if state and state.uid != uid:
        raise warning(
            f".devkit belongs to {state.owner}: was devkit run with sudo?",
            f"sudo chown -R {uid} {machine.root / '.devkit'}",
        )
    return "both"


@observed("write in")
def _refused(_: Machine, folder: Path) -> str | None:
    """Why no file can be written in a folder, an error's name (EROFS); None: one can."""
    try:
        with tempfile.TemporaryFile(prefix=".doctor-", dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
    except OSError as problem:
        return errno.errorcode.get(problem.errno or 0, str(problem))
    return None


def _explained(machine: Machine, folder: Path, name: str, trouble: str) -> Problem:
    where, found, uid = mount(machine, folder), there(machine, folder), me(machine)["uid"]
    if trouble == "ENOTDIR":
        return Problem(f"{name} is not a folder", f"move {folder} away")
    if trouble == "EROFS" or (where and "ro" in where.options):
        at = where.folder if where else folder
        return Problem(
            f"{name} cannot be written: {at} is mounted read-only",
            "mount it for writing (a disk with errors is remounted read-only: see dmesg), or clone elsewhere",
        )
    if trouble in ("ENOSPC", "EDQUOT"):
        what = "the disk is full" if trouble == "ENOSPC" else "your quota is used up"
        return Problem(f"{name} cannot be written: {what}", f"df -h {folder}")
    if trouble in ("EACCES", "EPERM") and found.uid == uid:
        return Problem(f"{name} cannot be written: its mode is {found.mode:04o}", f"chmod u+rwx {folder}")
    if trouble in ("EACCES", "EPERM"):
        advice = f"sudo chown -R {uid} {folder}"
        return Problem(f"{name} cannot be written: it belongs to {found.owner}", advice)
    number = getattr(errno, trouble, None)
    return Problem(f"{name} cannot be written: {os.strerror(number) if number else trouble}")
