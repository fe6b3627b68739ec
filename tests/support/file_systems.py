"""File systems of other kinds than this machine's own, made in a file and mounted for a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["CANNOT_MOUNT", "elsewhere", "mounted", "on_tmpfs"]

# A skip that begins so is of a machine that lets nobody mount, as CI's may be.
CANNOT_MOUNT = "this machine mounts nothing"
_MAKE = {
    "exfat": (("mkfs.exfat",), ("mount.exfat-fuse", "-o", "fmask=0111")),
    "ntfs": (("mkfs.ntfs", "-q", "-f", "-F"), ("lowntfs-3g", "-o", "ignore_case,permissions")),
}
_PACKAGES = "Debian: apt install exfat-fuse exfatprogs ntfs-3g"


@contextmanager
def mounted(kind: str, folder: Path, megabytes: int = 800) -> Iterator[Path]:
    """A mounted `exfat` (no case, links, modes or sockets) or `ntfs` (no case, as macOS has it; all else as here).

    Skips, naming what is missing, where that cannot be.
    """
    make, mount = _MAKE[kind]
    for program in (make[0], mount[0], "losetup"):
        if shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is None:
            pytest.skip(f"no `{program}` on PATH ({_PACKAGES})")
    image, place = folder / f"{kind}.img", folder / kind
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    place.mkdir()
    _run(*make, str(image))
    device = _run("losetup", "--find", "--show", str(image))
    try:
        _run(*mount, device, str(place))
        try:
            yield place
        finally:
            _unmount(place)
    finally:
        _run("losetup", "--detach", device)


@contextmanager
def on_tmpfs(folder: Path, megabytes: int) -> Iterator[Path]:
    """A small file system in memory, that anybody may write to. Skips where it cannot be mounted."""
    place = folder / "small"
    place.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "tmpfs", str(place))
    try:
        yield place
    finally:
        _unmount(place)


def elsewhere(*commands: str, users: bool = False) -> list[str]:
    """What comes before a command that is to see other mounts, made by these shell commands in a namespace of its own; with
    `users` in a user namespace of its own as well. Skips where that cannot be."""
    options = ["--user", "--map-root-user"] if users else []
    before = ["unshare", "--mount", *options, "sh", "-c", " && ".join([*commands, 'exec "$@"']), "sh"]
    if shutil.which("unshare") is None:
        pytest.skip("no `unshare` on PATH (Linux has it in util-linux)")
    done = subprocess.run([*before, "true"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{CANNOT_MOUNT}: {done.stderr.strip()}")
    return before


def _run(*command: str) -> str:
    environment = os.environ | {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{CANNOT_MOUNT}: {command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def _unmount(place: Path) -> None:
    """Once nothing uses it: who was ended a moment ago may still be there."""
    for _ in range(100):
        if subprocess.run(["umount", str(place)], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", str(place)], check=True)
