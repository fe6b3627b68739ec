"""What happens while the platform runs, as data: terminals and `up --detach` show it, tests read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from devserve.life import State

__all__ = ["MIGRATE", "Event", "Listener", "State", "Status"]

# The migrations run as a task between the database and the services, under the name it has in Tilt.
MIGRATE = "db-migrate"


@dataclass
class Status:
    """One unit, as `status --json` shows it. Times in seconds, memory in bytes; `debugger` is `attached`, `awaited` or
    `none`, empty where there is no debug port. `kind` is the service's type, or `task`; `card` the shape of its type in the
    picture, `group` what it is shown under (backend, infra, …), both empty for a task. `memory` is measured where it is shown (`engines.memory`), None where it is not."""

    name: str
    kind: str
    state: State = State.WAITING
    port: int | None = None
    debug_port: int | None = None
    debugger: str = ""
    card: str = ""
    group: str = ""
    pid: int | None = None
    memory: int | None = None
    restarts: int = 0
    ready_seconds: float | None = None
    detail: str = ""
    last_lines: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Plain values only."""
        return asdict(self) | {"state": self.state.value}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Status:
        """The inverse of `as_json`."""
        return cls(**{**raw, "state": State(raw["state"])})


@dataclass(frozen=True)
class Event:
    """A line that a unit wrote (`line`), or news about it (`status` changed)."""

    unit: str
    line: str | None = None
    status: Status | None = None


Listener = Callable[[Event], None]
