"""Whether a clone lies where a platform can run at all: on a file system with modes and sockets."""

from __future__ import annotations

import contextlib
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.paths import state_dir

__all__ = ["no_sockets", "refuse_without_modes"]

_FIX = "move the clone to the system's own file system, such as a folder in your home (on WSL 2 below ~, not /mnt/c)"


def refuse_without_modes(root: Path) -> None:
    """Raises DevkitError where everybody could read secrets and databases, for which reason Postgres does not run there."""
    folder = state_dir(root)
    if folder.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):  # another user's: what is written there will say so
            folder.chmod(0o700)
            if folder.stat().st_mode & 0o077:
                raise DevkitError(
                    "the file system of this clone keeps no modes (FAT, exFAT and Windows' disks have none): secrets "
                    "would be readable by everybody, and Postgres refuses to run",
                    fix=_FIX,
                )


def no_sockets(problem: OSError) -> DevkitError:
    """What to say where none can be made."""
    return DevkitError(
        f"the file system of this clone has no sockets ({problem.strerror}), by which commands reach the platform",
        fix=_FIX,
    )
