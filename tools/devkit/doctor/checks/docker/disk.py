"""Docker has disk space for images."""

from __future__ import annotations

import shutil
from pathlib import Path

from devkit.checks import Problem, Skipped, check, warning
from devkit.doctor.facts.docker import daemon, info
from devkit.doctor.facts.hardware import kernel
from devkit.doctor.machine import Machine, observed

_LITTLE, _NONE = 5 * 2**30, 2**30
_FIX = "docker builder prune and docker image prune free unused data; docker system df shows what takes the space"


@check("docker.disk", __doc__, after=("docker.running",), engine="tilt")
def run(machine: Machine) -> str:
    """How much is free. That of a virtual machine's disk is not told."""
    found = machine.fact(daemon)
    folder = str(machine.fact(info).get("DockerRootDir") or "")
    is_local = machine.platform.startswith("linux") and found.socket is not None and _same_machine(machine)
    if not is_local or not folder:
        raise Skipped("Docker's disk is in its own machine")
    free = free_bytes(machine, folder)
    if problem := judge(free, folder):
        raise problem
    return _text(free, folder)


def judge(free: int, folder: str) -> Problem | None:
    """Whether so many bytes are too few."""
    if free < _NONE:
        return Problem(f"only {_text(free, folder)}: images cannot be built", _FIX)
    if free < _LITTLE:
        return warning(f"only {_text(free, folder)}; the platform's images take a few", _FIX)
    return None


def _text(free: int, folder: str) -> str:
    return f"{free / 2**30:.1f} GB are free under {folder}"


def _same_machine(machine: Machine) -> bool:
    """Whether the daemon runs on this kernel: a desktop product's has another, and another folder of this name."""
    return machine.fact(info).get("KernelVersion") == kernel(machine) and not machine.environ.get(
        "WSL_DISTRO_NAME"
    )


@observed("disk free")
def free_bytes(_: Machine, folder: str) -> int:
    """What is free where a folder is. Raises Skipped when that is not told."""
    place = Path(folder)
    while True:  # the folder itself may be hidden from this user; its file system is not
        try:
            return shutil.disk_usage(place).free
        except OSError:
            if place.parent == place:
                raise Skipped(f"how much is free under {folder} is unknown") from None
            place = place.parent
