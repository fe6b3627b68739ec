"""How much work waits in a service's queue, and for how long: part of `/health/ready`."""

from __future__ import annotations

import time
from collections import deque

from pydantic import BaseModel
from sqlalchemy import text

from common.database import Database

__all__ = ["Backlog", "BacklogWatch"]

_OVER_SECONDS = 60.0
_QUERY = text("""
SELECT count(*) FILTER (WHERE status IN ('todo', 'doing')) AS waiting, count(*) FILTER (WHERE status = 'failed') AS dead,
  extract(epoch FROM now() - min((args->>'sent_at')::timestamptz) FILTER (WHERE status IN ('todo', 'doing'))) AS oldest
FROM procrastinate_jobs WHERE queue_name = :queue
""")


class Backlog(BaseModel):
    """Jobs that wait or run, and that failed for good; the age of the oldest; whether more wait than a minute ago."""

    waiting: int
    dead: int
    oldest_seconds: float
    growing: bool


class BacklogWatch:
    """Counts a queue's jobs, and remembers how many there were."""

    def __init__(self, database: Database, queue: str) -> None:
        self._database, self._queue = database, queue
        self._before: deque[tuple[float, int]] = deque()

    async def ask(self) -> dict[str, object]:
        """A `Backlog`, as JSON has it. Raises SQLAlchemyError while Postgres is away."""
        async with self._database.transaction() as session:
            row = (await session.execute(_QUERY, {"queue": self._queue})).one()
        now = time.monotonic()
        self._before.append((now, row.waiting))
        # The newest that is a minute old is what is compared with; older ones are forgotten.
        while len(self._before) > 1 and self._before[1][0] <= now - _OVER_SECONDS:
            self._before.popleft()
        then, before = self._before[0]
        growing = now - then >= _OVER_SECONDS and row.waiting > before
        oldest = round(float(row.oldest or 0), 1)
        return Backlog(
            waiting=row.waiting, dead=row.dead, oldest_seconds=oldest, growing=growing
        ).model_dump()
