"""Which file system something is on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.doctor.facts.hardware import kernel
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["Mount", "is_wsl", "mount", "mount_of"]


_MAC_DATA = Path("/System/Volumes/Data")


@dataclass(frozen=True)
class Mount:
    """Where it is mounted, of which kind (ext4, nfs4, 9p …), and with which options (ro, noexec …)."""

    folder: Path
    kind: str
    options: frozenset[str]


def mount(machine: Machine, path: Path) -> Mount | None:
    """The mount that a path lies on, None when the system does not tell."""
    found = _mount(machine, path)
    return Mount(Path(found["folder"]), found["kind"], frozenset(found["options"])) if found else None


@observed("mount")
def _mount(machine: Machine, path: Path) -> dict[str, Json] | None:
    found = mount_of(path, machine.fact(_mounts))
    return (
        None
        if found is None
        else {"folder": str(found.folder), "kind": found.kind, "options": sorted(found.options)}
    )


def mount_of(path: Path, mounts: Sequence[Mount]) -> Mount | None:
    """The innermost of the mounts that holds the path; of several at one place the last hides the others."""
    real = Path(os.path.realpath(path))
    best: Mount | None = None
    for each in mounts:
        if real.is_relative_to(each.folder) and (
            best is None or len(each.folder.parts) >= len(best.folder.parts)
        ):
            best = each
    # macOS lists no mount at /Users and the like, which lie on this volume by firmlinks.
    if best is not None and best.folder == Path("/"):
        best = next((each for each in mounts if each.folder == _MAC_DATA), best)
    return best


def is_wsl(machine: Machine) -> bool:
    """Whether this Linux runs inside Windows."""
    return bool(machine.environ.get("WSL_DISTRO_NAME")) or "microsoft" in kernel(machine).lower()


def _mounts(_: Machine) -> tuple[Mount, ...]:
    import psutil

    try:
        found = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError, psutil.Error):
        return ()
    return tuple(Mount(Path(m.mountpoint), m.fstype, frozenset(m.opts.split(","))) for m in found)
