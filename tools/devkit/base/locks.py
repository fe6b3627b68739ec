"""A file's lock: one process at a time, and free again however that one ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from devkit.base.errors import DevkitError

__all__ = ["held"]


@contextlib.contextmanager
def held(path: Path, refusal: Callable[[], DevkitError]) -> Iterator[None]:
    """Holds the lock of a file, which is made private. Raises the `refusal` when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise refusal() from None
        yield
    finally:
        os.close(descriptor)
