"""When each statement of a migration was sent and done, and the locks that its transaction held."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from devkit.database.check.listening import SETTING, Session

__all__ = ["Clock", "Sent"]


@dataclass
class Sent:
    """A statement, from when to when, with the locks that its session had before and after it; None: not looked at."""

    statement: str
    line: int
    before: frozenset[tuple[int, str]] | None
    outside: bool
    began: float
    ended: float = 0.0
    after: frozenset[tuple[int, str]] | None = None

    @property
    def gained(self) -> frozenset[tuple[int, str]]:
        return frozenset() if self.before is None or self.after is None else self.after - self.before


_LOCKS = """
select coalesce(json_agg(json_build_array(l.relation::bigint, l.mode)), '[]')::text from pg_locks l
where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384
"""


@dataclass
class Clock:
    """Notes when each statement was sent and done."""

    file: Path
    sent: list[Sent] = field(default_factory=list)

    def began(self, session: Session, statement: str, line: int, /) -> None:
        before = None if SETTING.match(statement) else _locks(session)
        self.sent.append(Sent(statement, line, before, session.outside, time.monotonic()))

    def ended(self, session: Session, _statement: str, _line: int, /) -> None:
        self.sent[-1].ended = time.monotonic()
        self.sent[-1].after = _locks(session)

    def failed(self, _session: Session, /) -> None:
        self.sent[-1].ended = time.monotonic()


def _locks(session: Session) -> frozenset[tuple[int, str]]:
    return frozenset((relation, mode) for relation, mode in json.loads(session.ask(_LOCKS)))
