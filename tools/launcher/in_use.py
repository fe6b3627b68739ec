"""Whether a devkit runs from `.venv` right now: packages are not exchanged under it.

Each process that runs from it shares a lock, which its forks share, too, and which ends with the last of them.
"""

from __future__ import annotations

import fcntl
import os
import time

__all__ = ["hold", "is_in_use"]

_FILE = "in-use"
# Seconds for commands that are just ending.
_PATIENCE = 0.5
_held: list[int] = []


def hold(venv: str) -> None:
    """From here to this process's end. A `.venv` that cannot be written to is not exchanged either."""
    try:
        file = os.open(os.path.join(venv, _FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # noqa: PTH118
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        _held.append(file)
    except OSError:
        pass


def is_in_use(venv: str) -> bool:
    """Whether another process holds it, and goes on doing so."""
    try:
        file = os.open(os.path.join(venv, _FILE), os.O_RDWR | os.O_CLOEXEC)  # noqa: PTH118
    except OSError:
        return False
    deadline = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    return True
                time.sleep(0.05)
            else:
                return False
    finally:
        os.close(file)
