"""A process as it is to run, as data, and the policy by which it is kept running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from devserve.programs import Programs

__all__ = ["Policy", "Preparation", "Process", "Ready"]


class Ready(Protocol):
    """How to tell that a process answers. Compared by value: a change means another process."""

    async def problem(self, port: int) -> str | None:
        """Why it is not ready yet, in a few words; None when it is."""


class Preparation(Protocol):
    """What must be done before a process can start, such as installing its packages."""

    @property
    def name(self) -> str:
        """What is done, in a word or two: `npm ci`."""

    def is_done(self) -> bool:
        """Whether there is nothing to do. Asked before every start."""

    def run(self, programs: Programs) -> str | None:
        """Do it, in a thread of its own. Its last lines when it failed, None when it worked.

        It runs its programs by `programs`, which end when the process is stopped: what is half done then is done again
        before the next start. May raise ProgramEnded and OSError.
        """


@dataclass(frozen=True)
class Policy:
    """Seconds: `backoff` before the first try after a crash, doubling up to `most`; `drain` in which
    an application still takes requests after SIGTERM; `grace` from there to SIGKILL; `steady` the life after which a crash
    counts as the first one."""

    backoff: float = 0.5
    most: float = 30.0
    grace: float = 10.0
    steady: float = 10.0
    drain: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process.

    `start` is the fork server's request without name and environment: a program (`argv`, `cwd`), an ASGI application
    (`app`, `path` …) or a task. `waiting` replaces keys of it where the process is to wait for a debugger before it does
    anything. `ready` None: it counts as ready once it runs. `watch` are files and folders whose changes restart it.

    `forked`: a Python process of the fork server (`devserve.starting`), which keeps its ports open from one process to the next and
    tells of debuggers. `task`: it ends by itself, with 0 when all is well. `store`: services depend on it, so it ends after
    them. `patient`: it is never killed, since it would have to recover its data.
    """

    start: Mapping[str, object]
    ready: Ready | None = None
    watch: tuple[Path, ...] = ()
    waiting: Mapping[str, object] = field(default_factory=dict)
    prepare: Preparation | None = None
    forked: bool = False
    task: bool = False
    store: bool = False
    patient: bool = False
    policy: Policy = Policy()
