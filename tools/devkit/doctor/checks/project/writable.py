"""The clone and .devkit can be written."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

from devkit.checks import Problem, check, warning
from devkit.doctor.facts.place import mount
from devkit.doctor.machine import Machine


@check("project.writable", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem that tells a read-only file system from a full one and from somebody else's folder."""
    for folder in (machine.root, machine.root / ".devkit"):
        if folder.exists() or folder == machine.root:
            _try(machine, folder)
    state = machine.root / ".devkit"
    if state.exists() and state.stat().st_uid != os.geteuid():
        raise warning(
            f".devkit belongs to {owner(state)}: was devkit called with sudo?",
            f"sudo chown -R {os.geteuid()} {state}",
        )
    return "both"


def _try(machine: Machine, folder: Path) -> None:
    name = folder.name if folder != machine.root else "the clone"
    try:
        with tempfile.TemporaryFile(prefix=".doctor-", dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
    except NotADirectoryError:
        raise Problem(f"{name} is no folder", f"move {folder} away") from None
    except OSError as problem:
        raise _explained(machine, folder, name, problem) from None


def _explained(machine: Machine, folder: Path, name: str, problem: OSError) -> Problem:
    where = mount(machine, folder)
    if problem.errno == errno.EROFS or (where and "ro" in where.options):
        at = where.folder if where else folder
        return Problem(
            f"{name} cannot be written: {at} is mounted read-only",
            "mount it for writing (a disk with errors is mounted so: dmesg tells), or clone elsewhere",
        )
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        what = "the disk is full" if problem.errno == errno.ENOSPC else "your quota is used up"
        return Problem(f"{name} cannot be written: {what}", f"df -h {folder}")
    if problem.errno in (errno.EACCES, errno.EPERM) and folder.stat().st_uid == os.geteuid():
        mode = stat.S_IMODE(folder.stat().st_mode)
        return Problem(f"{name} cannot be written: its mode is {mode:04o}", f"chmod u+rwx {folder}")
    if problem.errno in (errno.EACCES, errno.EPERM):
        mend = f"sudo chown -R {os.geteuid()} {folder}"
        return Problem(f"{name} cannot be written: it belongs to {owner(folder)}", mend)
    return Problem(f"{name} cannot be written: {problem.strerror or problem}")


def owner(path: Path) -> str:
    """Whose it is, as a name where the system knows one."""
    try:
        return path.owner()
    except (KeyError, OSError, NotImplementedError):
        pass
    try:
        return f"the user {path.stat().st_uid}"
    except OSError:
        return "somebody else"
