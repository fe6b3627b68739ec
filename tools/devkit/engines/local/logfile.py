"""A unit's log on disk: appended line by line, kept to a bounded size."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator
from pathlib import Path

from devkit.base.paths import state_dir

__all__ = ["LogFile", "kept_logs", "last_lines", "log_path"]

# Bytes after which the current file becomes `.1` (one older file is kept).
_LIMIT = 5_000_000


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

    def write(self, line: str) -> None:
        """One line without its end. On a full disk it is lost: the service runs on, and devkit with it."""
        with contextlib.suppress(OSError):
            self._append(line.encode("utf-8", "replace") + b"\n")

    def _append(self, data: bytes) -> None:
        if self._size + len(data) > _LIMIT:
            self._file.close()
            self._path.replace(self._path.with_suffix(".log.1"))
            self._file = self._path.open("ab", buffering=0)
            self._size = 0
        self._file.write(data)
        self._size += len(data)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def last_lines(path: Path, count: int) -> Iterator[str]:
    """The last `count` lines of a log; nothing if there is none."""
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (line.rstrip("\n") for line in collections.deque(file, maxlen=count))
