"""The clone is on a disk of this machine, and in no folder that is synchronised."""

from __future__ import annotations

import re
from pathlib import Path

from devkit.checks import Problem, check, warning
from devkit.doctor.facts.files import there
from devkit.doctor.facts.place import Mount, is_wsl, mount
from devkit.doctor.machine import Machine

_WINDOWS = ("9p", "drvfs")
_NETWORK = (
    "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ceph", "glusterfs", "lustre", "afs",
    "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "macfuse", "osxfuse",
)  # fmt: skip
_SHARED = ("9p", "vboxsf", "fuse.vmhgfs-fuse", "prl_fs", "virtiofs", "fuse.grpcfuse", "fakeowner")
_WITHOUT_MODES = ("vfat", "msdos", "exfat", "fuse.exfat")
_SYNCED = re.compile(
    r"dropbox( \(.*\))?|onedrive( ?- ?.*)?|icloud ?drive.*|com~apple~clouddocs|mobile documents|google ?drive.*|"
    r"googledrive-.*|my drive|nextcloud|owncloud|pcloud ?drive|syncthing|box sync",
    re.IGNORECASE,
)


@check("project.place", __doc__, early=True)
def run(machine: Machine) -> str:
    """Raises a warning where saves go unnoticed, or everything is slow."""
    where = mount(machine, machine.root)
    if where is not None and (found := hinders(machine, where)):
        raise found
    real = Path(there(machine, machine.root).real)
    synced = next((part for part in real.parts[1:] if _SYNCED.fullmatch(part)), None)
    if synced is not None:
        raise warning(
            f"the clone is inside {synced}, which is synchronised: it copies .venv, node_modules and the databases "
            "with every change, and locks files meanwhile",
            "move the clone to a folder that is not",
            part="synced",
        )
    return where.kind if where else "a disk"


def hinders(machine: Machine, where: Mount) -> Problem | None:
    if where.kind in _WINDOWS and is_wsl(machine):
        return warning(
            f"the clone is on Windows' side ({where.folder}): saves are not noticed, everything is many times slower, "
            "and file modes have no effect",
            "clone into the Linux side, below ~ (its files are \\\\wsl$ in Windows)",
            part="windows",
        )
    if where.kind in _WITHOUT_MODES:
        return Problem(
            f"the clone is on a file system without links and file modes ({where.kind} at {where.folder}): .venv cannot be "
            "made, secrets would be readable by everybody, and Postgres refuses to run",
            "move the clone to the system's own file system",
            part="modes",
        )
    if where.kind in _NETWORK:
        return warning(
            f"the clone is on a network file system ({where.kind} at {where.folder}): saves made elsewhere are not noticed, "
            "and the embedded Postgres needs a disk of its own",
            "move the clone to a disk of this machine",
            part="network",
        )
    if where.kind in _SHARED:
        return warning(
            f"the clone is in a folder shared with the host ({where.kind} at {where.folder}): saves made there are often "
            "not noticed",
            "move the clone to a disk of this machine",
            part="shared",
        )
    return None
