"""Writing files so that a reader, or a kill at any moment, finds the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import stat
from pathlib import Path

__all__ = ["remove_stale_temporaries", "replace_file"]

_TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)-\d+\.devkit-tmp")
_numbers = itertools.count()


def replace_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put `content` at `path` in one step, making its folders. The mode stays unless `mode` is given.

    Raises OSError, with the old file untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = mode
    if kept is None:
        with contextlib.suppress(FileNotFoundError):
            kept = stat.S_IMODE(path.stat().st_mode)
    # The same folder, so that the rename stays within one file system; the pid tells whose it is.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}.devkit-tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(temporary, flags, 0o666 if kept is None else 0o600), "wb") as file:
            file.write(content)
            file.flush()
            if kept is not None:
                temporary.chmod(kept)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_stale_temporaries(folder: Path) -> None:
    """Delete what killed processes left in `folder`. Files of living ones stay."""
    for path in folder.glob(".*.devkit-tmp"):
        match = _TEMPORARY.fullmatch(path.name)
        if match and not _runs(int(match["pid"])):
            path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    import psutil  # imported late: leftovers are rare

    return psutil.pid_exists(pid)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
