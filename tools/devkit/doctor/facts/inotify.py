"""How much Linux lets one user watch, and how much of it is taken."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from devkit.checks import Skipped
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["Inotify", "inotify", "to_paste", "watched_folders"]

_LIMITS = Path("/proc/sys/fs/inotify")
_NEVER_WATCHED = {".git", "node_modules", ".venv", "__pycache__", ".devkit", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Inotify:
    """The limits of a user, and what this user's processes have of them, as far as /proc shows; `most` is the program
    that has the most watches, and how many."""

    watches: int
    instances: int
    watches_used: int
    instances_used: int
    most: tuple[str, int]


def inotify(machine: Machine) -> Inotify:
    """Raises Skipped where there is no inotify: on other systems than Linux."""
    found = _inotify(machine)
    return Inotify(**{**found, "most": tuple(found["most"])})


@observed("inotify")
def _inotify(machine: Machine) -> dict[str, Json]:
    if machine.platform != "linux":
        raise Skipped("only Linux limits what is watched")
    try:
        watches, instances = (
            int((_LIMITS / name).read_text("ascii")) for name in ("max_user_watches", "max_user_instances")
        )
    except (OSError, ValueError):
        raise Skipped("the kernel does not tell its limits") from None
    taken, owners = 0, dict[str, int]()
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid != os.geteuid():
                continue
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if descriptor.readlink().name.endswith("inotify"):
                        here = _watches(process / "fdinfo" / descriptor.name)
                        name = (process / "comm").read_text("utf-8", "replace").strip()
                        taken, count = taken + here, count + 1
                        owners[name] = owners.get(name, 0) + here
    most = max(owners.items(), key=lambda pair: pair[1], default=("", 0))
    return {
        "watches": watches, "instances": instances, "watches_used": taken, "instances_used": count, "most": list(most),
    }  # fmt: skip


def _watches(info: Path) -> int:
    return sum(line.startswith("inotify ") for line in info.read_text("ascii", "replace").splitlines())


@observed("folders of the clone")
def watched_folders(machine: Machine) -> int:
    """How many folders of the clone have a watch while it runs."""
    count = 0
    for _, folders, _ in os.walk(machine.root):
        folders[:] = [name for name in folders if name not in _NEVER_WATCHED]
        count += len(folders)
    return count + 1


def to_paste(name: str, value: int) -> str:
    """The lines that raise a limit now and for ever."""
    setting = f"fs.inotify.{name}={value}"
    return f"echo {setting} | sudo tee /etc/sysctl.d/60-inotify-{name.replace('_', '-')}.conf && sudo sysctl -w {setting}"
