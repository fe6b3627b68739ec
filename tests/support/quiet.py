"""Whether this machine's network may change while a test runs. Chromium breaks off what it loads (ERR_NETWORK_CHANGED) when an
interface comes or goes, and each container is one: who needs quiet waits for the other process's test to end, and that for it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["network_changes", "network_is_quiet"]


@contextmanager
def network_is_quiet(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody else changes it meanwhile."""
    with _held(factory, fcntl.LOCK_EX):
        yield


@contextmanager
def network_changes(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody needs quiet meanwhile."""
    with _held(factory, fcntl.LOCK_SH):
        yield


@contextmanager
def _held(factory: pytest.TempPathFactory, kind: int) -> Iterator[None]:
    with _file(factory.getbasetemp()).open("w") as file:
        fcntl.flock(file, kind)
        yield


def _file(folder: Path) -> Path:
    """One for all processes of a run: each has a folder of its own in the run's."""
    shared = folder.parent if folder.name.startswith("popen-") else folder
    return shared / "network.lock"
