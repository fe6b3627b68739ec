"""Procrastinate's job manager, where ours differs: an outcome counts only for the attempt that holds the job."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import attrs
import stamina
from procrastinate.connector import BaseAsyncConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from common.causes import because_of
from common.jobs import arguments
from common.leases import ending
from common.presence import Presence

__all__ = ["Attempt", "Failure", "FencedManager"]

_UNKNOWN_AGAIN_SECONDS = 30.0
_PERSIST_SECONDS = 15.0
_LONGEST_ERROR = 500

_NEXT = """
SELECT job.* FROM (SELECT WHERE NOT EXISTS (SELECT FROM paused_queues WHERE queue = ANY(%(queues)s))) AS not_paused
CROSS JOIN LATERAL procrastinate_fetch_job_v2(%(queues)s::varchar[], %(worker)s) AS job
"""
_MINE = "FROM procrastinate_jobs WHERE id = %(id)s AND worker_id = %(worker)s AND attempts = %(attempt)s AND status = 'doing'"
_SUCCEEDED = ending("%(id)s", "%(worker)s", "%(attempt)s")
# The reason is there as soon as the job is: whoever looks sees both.
_NOTED = f"""
WITH mine AS (SELECT id {_MINE} FOR UPDATE),
noted AS (
  INSERT INTO job_errors (job_id, error, party, at)
  SELECT id, %(error)s, %(party)s, now() FROM mine WHERE %(error)s <> ''
  ON CONFLICT (job_id) DO UPDATE SET error = excluded.error, party = excluded.party, at = excluded.at
)
"""
# What failed for good is done anew.
_DONE_ANEW = "DELETE FROM procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'failed'"
_FAILED = f"{_NOTED} SELECT id, procrastinate_finish_job_v1(id, 'failed', false) FROM mine"
# By the database's clock, which says when a job is due: this machine's may be wrong.
_RETRIED = f"""{_NOTED}
SELECT id, procrastinate_retry_job_v2(id, now() + make_interval(secs => %(delay)s), NULL, NULL, NULL) FROM mine
"""

logger = logging.getLogger(__name__)


class Failure(NamedTuple):
    """Why an attempt failed, in words that hold nothing of the message; and whom it could not reach, if it was that."""

    text: str
    party: str = ""


@dataclass
class Outcome:
    """What an attempt came to. `concluded` when the job took itself out of the queue, `failure` what was raised."""

    concluded: bool = False
    failure: Failure | None = None


@attrs.define(frozen=True, kw_only=True, slots=False)
class Attempt(Job):
    """A job that a worker has. What becomes of it goes with it: the worker itself keeps nothing of its jobs."""

    outcome: Outcome = attrs.field(factory=Outcome, eq=False)

    @staticmethod
    def outcome_of(job: Job) -> Outcome:
        """That of a job which `FencedManager.fetch_job` returned."""
        assert isinstance(job, Attempt)
        return job.outcome


class FencedManager(JobManager):
    """Fetches a queue's jobs for a worker that is there, and writes down how each ended.

    `failing` when an outcome could not be written: then the worker has to go, so that the job is taken over.
    """

    def __init__(self, connector: BaseAsyncConnector, known: frozenset[str]) -> None:
        super().__init__(connector)
        self._known = known
        self.presence: Presence | None = None
        self.failing = False

    async def register_worker(self) -> int:
        """Registers a worker, which is there before it takes its first job."""
        assert self.presence is not None
        number = await super().register_worker()
        await self.presence.enter(number)
        return number

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:  # noqa: ARG002
        """Nobody: a worker without a heartbeat may be one that a debugger has stopped. `Presence.look` forgets them."""
        return []

    async def defer_periodic_job(self, job: Job, periodic_id: str, defer_timestamp: int) -> int | None:
        """Queues what is due; None when another replica has. Raises AlreadyEnqueued while the time before is still waiting."""
        due = datetime.fromtimestamp(defer_timestamp, UTC).isoformat()
        with because_of("the schedule"):
            told = arguments({"due": due}, key=f"{job.task_name}:{due}", sender=periodic_id, subject=None)
        job = job.evolve(task_kwargs={**told, "timestamp": defer_timestamp})
        number = None
        with self._or_give_up():
            number = await super().defer_periodic_job(job, periodic_id, defer_timestamp)
            if number is not None:
                await self.connector.execute_query_async(_DONE_ANEW, lock=job.queueing_lock)
        return number

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next job; none while its queue is paused."""
        asked = {"queues": list(queues or ()), "worker": worker_id}
        rows = await self.connector.execute_query_all_async(_NEXT, **asked)
        return Attempt.from_row(rows[0]) if rows and rows[0]["id"] is not None else None

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002
        """Writes down that a job ended. A job that this version does not know is left for one that does."""
        with self._or_give_up():
            await self._finish(job, status, Attempt.outcome_of(job))

    async def _finish(self, job: Job, status: Status, outcome: Outcome) -> None:
        if outcome.concluded:
            return
        if status is Status.SUCCEEDED:
            await self._write(_SUCCEEDED, job)
        elif job.task_name not in self._known:
            logger.warning(
                "a job that this version does not know", extra={"job": job.task_name, "id": job.id}
            )
            unknown = Failure(f"this version knows no {job.task_name}")
            await self._failed(_RETRIED, job, unknown, delay=_UNKNOWN_AGAIN_SECONDS)
        else:
            failure = outcome.failure or Failure("it was aborted")
            logger.error(
                "a job failed for good", extra={"job": job.task_name, "id": job.id, "reason": failure.text}
            )
            await self._failed(_FAILED, job, failure)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,  # noqa: ARG002 - Procrastinate's
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        """Puts a job back, to be tried again at `retry_at`."""
        outcome = Attempt.outcome_of(job)
        if outcome.concluded:  # what came after its last transaction failed
            return
        with self._or_give_up():
            delay = (retry_at - datetime.now(UTC)).total_seconds() if retry_at else 0.0
            await self._failed(_RETRIED, job, outcome.failure, delay=max(delay, 0.0))

    @contextmanager
    def _or_give_up(self) -> Iterator[None]:
        """The worker goes then, and nobody else has to be told: Procrastinate would only log it with a traceback."""
        try:
            yield
        except AlreadyEnqueued:
            raise
        except ConnectorException as problem:
            logger.warning("the queue cannot be written", extra={"reason": type(problem).__name__})
            self.failing = True
        except BaseException:
            self.failing = True
            raise

    async def _failed(self, statement: str, job: Job, failure: Failure | None, **values: object) -> None:
        text, party = failure or Failure("")
        await self._write(statement, job, error=text[:_LONGEST_ERROR], party=party, **values)

    async def _write(self, statement: str, job: Job, **values: object) -> None:
        """Has no effect when the attempt has lost the job. Postgres may be away for a moment."""
        asked = {"id": job.id, "worker": job.worker_id, "attempt": job.attempts, **values}
        async for attempt in stamina.retry_context(
            on=ConnectorException, timeout=_PERSIST_SECONDS, attempts=None, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                found = await self.connector.execute_query_all_async(statement, **asked)
        if not found:
            logger.warning("a job was taken over meanwhile", extra={"job": job.task_name, "id": job.id})
