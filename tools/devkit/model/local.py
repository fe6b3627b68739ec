"""A service as a process of the local engine, as its type describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["Absent", "LocalProcess", "LocalSite", "Preparation", "Ready"]


class Ready(Protocol):
    """How one knows that a process answers. Compared by value: a change means another process."""

    async def problem(self, port: int) -> str | None:
        """Why it is not ready yet, in a few words; None when it is."""


class Preparation(Protocol):
    """What must be done before a process can start, such as installing its packages."""

    @property
    def name(self) -> str:
        """What is done, in a word or two: `npm ci`."""

    def is_done(self) -> bool:
        """Whether there is nothing to do. Asked before every start."""

    def run(self) -> str | None:
        """Do it. Its last lines when it failed, None when it worked. Raises: DevkitError."""


@dataclass(frozen=True)
class LocalSite:
    """Where a process is to run: the clone, its state folder, its ports, and `url`, its own connection URL where its type
    has one (a secret)."""

    root: Path
    state: Path
    port: int
    debug_port: int | None = None
    url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class LocalProcess:
    """One process.

    `start` is the fork server's request without name and environment: a program (`argv`, `cwd`) or an ASGI application
    (`app`, `path` …). `waiting` replaces keys of it where the process is to wait for a debugger before it does anything.
    `watch` are files and folders whose changes restart it.

    `forked`: a Python process out of the warm fork server, which keeps its ports open from one process to the next and
    tells of debuggers. `store`: services depend on it, so it ends after them. `patient`: it is never killed, since it
    would have to recover its data.
    """

    start: Mapping[str, object]
    ready: Ready
    watch: tuple[Path, ...] = ()
    waiting: Mapping[str, object] = field(default_factory=dict)
    prepare: Preparation | None = None
    forked: bool = False
    store: bool = False
    patient: bool = False


@dataclass(frozen=True)
class Absent:
    """Why a service does not run on the local engine."""

    reason: str
