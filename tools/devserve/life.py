"""The state of a process, as data: a runner keeps it, and views read it."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Life", "Port", "State", "how_it_ended"]


class State(Enum):
    """The phase of a process's life cycle."""

    WAITING = "waiting"  # for what it needs
    PREPARING = "preparing"  # installs what it runs on
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # was ready; does not answer as such now
    DONE = "done"  # a task that succeeded
    CRASHED = "crashed"  # will be tried again
    STOPPING = "stopping"
    STOPPED = "stopped"
    OFF = "off"  # does not run here, and says why


@dataclass
class Life:
    """How it is now. `debugger` is `attached`, `awaited` or `none`, empty where there is no debug port."""

    state: State = State.WAITING
    detail: str = ""
    debugger: str = ""
    pid: int | None = None
    restarts: int = 0
    ready_seconds: float | None = None
    last_lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Port:
    """A port that is kept open for the process, and where it listens."""

    number: int
    host: str = "127.0.0.1"


def how_it_ended(code: int) -> str:
    """An exit code in words; negative for a signal."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
