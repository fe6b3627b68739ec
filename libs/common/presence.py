"""Which workers are there: each holds a lock of Postgres for as long as its connection is open.

A worker that was killed loses it at once, since the system closes its connections, and one whose machine is gone within
about ten seconds, when Postgres finds nobody at the other end. One that a debugger has stopped keeps it: its connection
stays open, and the system answers for it. So nothing has to be renewed in time, and no clock decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

__all__ = ["Presence", "present"]

# Postgres gives a connection up that answers nothing for this long (on TCP; a socket file tells at once).
_SILENCE = "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"
_LONGEST_SECONDS = 5.0

_ENTER = "SELECT pg_advisory_lock(hashtext(%s), %s::int)"

_KNOWN = "INSERT INTO known_queues (queue) VALUES (%s) ON CONFLICT DO NOTHING"

_TAKE_OVER = """
WITH lost AS (
  SELECT j.id, j.attempts FROM procrastinate_jobs j
  WHERE j.status = 'doing' AND j.queue_name = %(queue)s AND NOT worker_is_there(j.queue_name, j.worker_id)
  FOR UPDATE OF j SKIP LOCKED
)
SELECT id, CASE WHEN attempts < %(tries)s THEN procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)
                ELSE procrastinate_finish_job_v1(id, 'failed', false) END
FROM lost
"""

# A worker that has just been registered has no lock yet.
_FORGET = """
DELETE FROM procrastinate_workers w
WHERE w.last_heartbeat < now() - interval '1 minute'
  AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid::bigint = w.id)
"""

logger = logging.getLogger(__name__)


class Presence:
    """The connection that shows that a queue's worker is there."""

    def __init__(self, connection: psycopg.AsyncConnection, queue: str, tries: int) -> None:
        self._connection, self._queue, self._tries = connection, queue, tries
        self._busy = asyncio.Lock()

    async def enter(self, worker: int) -> None:
        """`worker` is there from now on, until the connection ends."""
        async with self._busy:
            await self._connection.execute(_KNOWN, (self._queue,))
            await self._connection.execute(_ENTER, (self._queue, worker))

    async def look(self) -> list[int]:
        """Gives the queue back what lost workers had, and returns the ids of those jobs.

        One that was tried too often fails for good instead. Raises psycopg.Error or TimeoutError when this presence is over.
        """
        async with self._busy, asyncio.timeout(_LONGEST_SECONDS):
            asked = {"queue": self._queue, "tries": self._tries}
            lost = [row[0] for row in await (await self._connection.execute(_TAKE_OVER, asked)).fetchall()]
            await self._connection.execute(_FORGET)
        for job in lost:
            logger.warning("a job's worker is gone; the job is taken over", extra={"id": job})
        return lost


@asynccontextmanager
async def present(conninfo: str, queue: str, tries: int) -> AsyncIterator[Presence]:
    """A connection for a worker's presence, closed when the block ends. Raises psycopg.Error."""
    connection = await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, application_name=f"{queue} worker"
    )
    async with connection:
        await connection.execute(_SILENCE)
        yield Presence(connection, queue, tries)
