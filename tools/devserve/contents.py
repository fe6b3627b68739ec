"""What lies in watched files, by its bytes: a chmod, a touch, or the same bytes once more are no change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from devserve.changes import IGNORED_FOLDERS, concerns_code

__all__ = ["Contents"]

# Bytes from which a file is known by its size and time: nobody writes so much source.
_LARGE = 16 * 2**20


class Contents:
    """Remembers what it saw last. Files that no service can load are not looked at."""

    def __init__(self, watched: Iterable[Path] = ()) -> None:
        self._watched: set[Path] = set()
        self._known: dict[str, bytes] = {}
        self.learn(watched)

    def learn(self, watched: Iterable[Path]) -> None:
        """Files and folders whose contents count from now on; what is in them is what there was before."""
        new = {path.absolute() for path in watched} - self._watched
        self._watched |= new
        for path in _files(new):
            if (digest := _digest(path)) is not None:
                self._known.setdefault(path, digest)

    def changed(self, paths: Iterable[str]) -> set[str]:
        """Those among files and folders, whatever was told of them, that hold something else than before, or are gone."""
        looked = {each for path in paths for each in self._below(path)}
        return {path for path in looked if self._is_new(path)}

    def rescan(self) -> set[str]:
        """As `changed`, of all that is watched: after a time in which nothing was told."""
        return self.changed({*self._known, *map(str, self._watched)})

    def _below(self, path: str) -> Iterator[str]:
        """A folder that came or went stands for what is, or was, in it."""
        if Path(path).is_dir():
            yield from _files([Path(path)])
        else:
            yield path
        yield from (known for known in tuple(self._known) if known.startswith(path + os.sep))

    def _is_new(self, path: str) -> bool:
        digest = _digest(path)
        if digest == self._known.get(path):
            return False
        if digest is None:
            self._known.pop(path, None)
        else:
            self._known[path] = digest
        return True


def _files(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if not path.is_dir():
            yield str(path)
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if name not in IGNORED_FOLDERS]
            yield from (
                full
                for name in names
                if concerns_code(full := os.path.join(folder, name))  # noqa: PTH118
            )


def _digest(path: str) -> bytes | None:
    """What tells a file's contents; None when there is no such file."""
    try:
        about = os.stat(path)  # noqa: PTH116
        if about.st_size > _LARGE:
            return f"{about.st_size} {about.st_mtime_ns}".encode()
        with open(path, "rb") as file:  # noqa: PTH123
            return hashlib.blake2b(file.read(), digest_size=16).digest()
    except OSError:
        return None
