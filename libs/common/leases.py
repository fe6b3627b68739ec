"""The lease of the job that runs, and the fence it puts around the job's transactions.

A worker that lost a job, because it was cut off from Postgres or stood still, may wake up and go on. So each transaction
within a job locks the job's row and finds out whether this attempt still has it: of two workers on one job, one at most
commits. The token is the worker's number and the attempt's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = ["CONCLUDES", "Lease", "LeaseLost", "QueuedJob", "conclude", "current", "ending", "hold", "holding"]


class _Procrastinate(DeclarativeBase):
    """Tables that Procrastinate's own migrations make: no model of ours, so no migration of ours changes them."""


class QueuedJob(_Procrastinate):
    """A job that waits, runs or failed for good. Procrastinate's table, of which these columns are used."""

    __tablename__ = "procrastinate_jobs"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    queue_name: Mapped[str]
    task_name: Mapped[str]
    lock: Mapped[str | None]
    args: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scheduled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    worker_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(server_default="todo")


@dataclass
class Lease:
    """An attempt at a job. `concluded` when one of its transactions has taken the job out of the queue."""

    job: int
    worker: int
    attempt: int
    concluded: bool = False


class LeaseLost(Exception):
    """Another worker has the job, or had it and finished: nothing of this attempt may be committed any more."""


CONCLUDES = "concludes"
"""Key in a session's `info`: the lease that ends when its transaction is committed."""

current: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def holding(lease: Lease) -> Iterator[Lease]:
    """The block is an attempt at a job."""
    token = current.set(lease)
    try:
        yield lease
    finally:
        current.reset(token)


_MINE = (
    (QueuedJob.id == bindparam("job"))
    & (QueuedJob.worker_id == bindparam("worker"))
    & (QueuedJob.attempts == bindparam("attempt"))
    & (cast(QueuedJob.status, Text) == "doing")
)
_HELD = select(QueuedJob.id).where(_MINE).with_for_update(read=True)


def ending(job: str, worker: str, attempt: str) -> str:
    """SQL that ends an attempt's job, if the attempt still has it: then it answers with a row, else with none.

    Takes the driver's placeholders. Whoever waited for the job's lock is told: Procrastinate tells of new jobs alone.
    """
    return f"""
WITH gone AS (
  DELETE FROM procrastinate_jobs
  WHERE id = {job} AND worker_id = {worker} AND attempts = {attempt} AND status = 'doing'
  RETURNING id, lock, queue_name
)
SELECT id, (SELECT pg_notify('procrastinate_queue_v1#' || gone.queue_name,
                             json_build_object('type', 'job_inserted', 'job_id', next.id)::text)
            FROM procrastinate_jobs next WHERE next.lock = gone.lock AND next.status = 'todo' LIMIT 1)
FROM gone
"""


_ENDED = text(ending(":job", ":worker", ":attempt"))


def _token(lease: Lease) -> dict[str, int]:
    return {"job": lease.job, "worker": lease.worker, "attempt": lease.attempt}


async def hold(session: AsyncSession) -> None:
    """Within a job: nobody else gets it before the transaction ends. Raises LeaseLost when somebody has."""
    lease = current.get()
    if lease is None or lease.concluded:
        return
    if await session.scalar(_HELD, _token(lease)) is None:
        raise LeaseLost(f"job {lease.job}")


async def conclude(session: AsyncSession) -> None:
    """The job ends with this transaction, and only with it: it is not done again, whatever happens afterwards.

    For the last transaction of a job whose effect a second attempt would not recognize. Outside of a job it does nothing.
    Raises LeaseLost.
    """
    lease = current.get()
    if lease is None:
        return
    if await session.scalar(_ENDED, _token(lease)) is None:
        raise LeaseLost(f"job {lease.job}")
    session.info[CONCLUDES] = lease
