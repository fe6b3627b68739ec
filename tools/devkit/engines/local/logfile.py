"""A unit's log on disk: appended line by line, kept to a bounded size."""

from __future__ import annotations

import collections
import contextlib
import errno
import os
from pathlib import Path

from devkit.base.paths import state_dir

__all__ = ["LogFile", "kept_logs", "last_lines", "log_path"]

# Bytes after which the current file becomes `.1` (one older file is kept).
_LIMIT = 5_000_000
# Begins a file whose older lines are in another.
_OLDER = "devkit: older lines are in"


def log_path(root: Path, unit: str) -> Path:
    """Where a unit's output is kept."""
    folder = state_dir(root) / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{unit}.log"


def kept_logs(root: Path) -> list[str]:
    """The names of all that have a log."""
    return sorted(path.stem for path in (state_dir(root) / "logs").glob("*.log"))


class LogFile:
    """Appends lines, each flushed, so that `logs -f` and a post-mortem see them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch(0o600)
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()
        self._dropped, self._why = 0, ""

    def write(self, line: str) -> None:
        """One line without its end. On a full disk it is dropped, which is said once there is room: the service runs on, and
        devkit with it."""
        data = line.encode("utf-8", "replace") + b"\n"
        if self._dropped:
            data = f"devkit: {self._dropped} lines were dropped here: {self._why}\n".encode() + data
        try:
            self._append(data)
            self._dropped = 0
        except OSError as problem:
            self._dropped += 1
            self._why = problem.strerror or str(problem)

    def _append(self, data: bytes) -> None:
        """All of it or nothing: what only part of there was room for is taken back. Raises OSError."""
        if self._size + len(data) > _LIMIT:
            self._rotate()
        written = self._file.write(data)
        if written != len(data):
            self._file.truncate(self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written

    def _rotate(self) -> None:
        """Goes on with an empty file, the present one becoming `.1`; where that cannot be, with the present one."""
        with contextlib.suppress(OSError):
            self._path.replace(_older(self._path))
            fresh = self._path.open("ab", buffering=0)
            self._file.close()
            self._file, self._size = fresh, 0
            self._size += self._file.write(f"{_OLDER} {_older(self._path)}\n".encode())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _older(path: Path) -> Path:
    return path.with_suffix(".log.1")


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a log, of the older file too where the present one has fewer; none if there is no log."""
    kept: collections.deque[str] = collections.deque(maxlen=count)
    for file in (_older(path), path):
        with (
            contextlib.suppress(FileNotFoundError, IsADirectoryError),
            file.open(encoding="utf-8", errors="replace") as lines,
        ):
            kept.extend(line.rstrip("\n") for line in lines if not line.startswith(_OLDER))
    return list(kept)
