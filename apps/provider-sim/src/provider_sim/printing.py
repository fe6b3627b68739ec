"""Prints at SimplyPrint: queued, moved on schedule or by hand, each step told by webhook."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim.delivery import webhook
from provider_sim.due import first_due
from provider_sim.models import Clock, Job, JobStatus

__all__ = ["Wrong", "begun", "jobs", "move", "queue", "step"]

_TO_START, _TO_DONE = 60.0, 300.0  # simulated seconds
_PRINTERS = 8
_FROM: dict[JobStatus, tuple[JobStatus, ...]] = {
    "printing": ("queued",),
    "done": ("queued", "printing"),
    "failed": ("queued", "printing"),
    "cancelled": ("queued", "printing"),
}
# SimplyPrint's words: the event is `job.` and the state.
_STATES: dict[JobStatus, str] = {
    "printing": "started",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
_REASON = "the print came off the bed"


class Wrong(Exception):
    """What was asked for cannot be done to that job."""


async def queue(session: AsyncSession, clock: Clock, filename: str, amount: int) -> Job:
    """A new queue item, which starts printing after a while."""
    job = Job(uid=str(uuid4()), filename=filename, amount=amount, status="queued", due=clock.now + _TO_START)
    session.add(job)
    await session.flush()
    return job


async def jobs(session: AsyncSession, status: JobStatus | None = None) -> Sequence[Job]:
    """All jobs, or those in a state, oldest first."""
    wanted = select(Job) if status is None else select(Job).where(Job.status == status)
    return (await session.scalars(wanted.order_by(Job.id))).all()


async def begun(session: AsyncSession, since: int) -> Sequence[Job]:
    """All prints that began then (in real seconds since 1970) or later, newest first."""
    return (await session.scalars(select(Job).where(Job.started >= since).order_by(Job.id.desc()))).all()


async def move(
    session: AsyncSession,
    clock: Clock,
    job_id: int,
    status: JobStatus,
    *,
    among: Sequence[JobStatus] = (),
    reason: str | None = None,
    silent: bool = False,
) -> Job:
    """Moves a job, if it is in one of the states that lead there (of those `among`), and unless `silent` tells it.

    Raises LookupError for an unknown job, Wrong for one in another state.
    """
    job = await session.get(Job, job_id, with_for_update=True)
    if job is None:
        raise LookupError(f"no job {job_id}")
    if job.status not in (among or _FROM[status]):
        raise Wrong(f"job {job_id} is {job.status}")
    _move(session, clock, job, status, reason, silent)
    return job


async def step(session: AsyncSession, clock: Clock) -> float:
    """Takes the first step that is due; returns the real seconds until the next one."""
    job, delay = await first_due(session, clock, Job)
    if job is not None:
        _move(session, clock, job, "printing" if job.status == "queued" else "done")
    return delay


def _move(
    session: AsyncSession,
    clock: Clock,
    job: Job,
    status: JobStatus,
    reason: str | None = None,
    silent: bool = False,
) -> None:
    job.status = status
    now = int(time.time())
    job.started = job.started or now
    job.ended = None if status == "printing" else now
    job.reason = (reason or _REASON) if status == "failed" else None
    job.due = clock.now + _TO_DONE if status == "printing" else None
    if not silent:
        webhook(session, "simplyprint", _event(job, _STATES[status], now))


def _event(job: Job, state: str, now: int) -> dict[str, object]:
    """The body of a webhook. Each print has a printer of its own, whose id is the job's."""
    facts: dict[str, object] = {
        "id": job.id,
        "uid": job.uid,
        # config: allow url: a part of the webhooks that are simulated; nobody calls it
        "panel_url": f"https://simplyprint.io/panel/jobs/{job.uid}",
        "name": job.filename,
        "state": state,
        "started": job.started,
        "ended": job.ended,
    }
    if job.reason is not None:
        facts["reason"] = job.reason
    data = {
        "job": facts,
        "printer": {"id": job.id, "name": f"Printer {job.id % _PRINTERS + 1}"},
        "user": {"id": 1, "first_name": "Test", "last_name": "Operator"},
    }
    return {"webhook_id": 1, "event": f"job.{state}", "timestamp": now, "data": data}
