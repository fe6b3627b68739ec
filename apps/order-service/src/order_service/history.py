"""What happened to an order in all services, and the jobs that failed for good: for people to see, and to do again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from common.internal import require_internal_key
from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.context import Context
from order_service.models import Order

__all__ = ["routes"]

_MOST_JOBS, _MOST_LINES = 50, 2000

# The views are the migrations': docs/jobs.md.
_LINES = """
SELECT at, service, what, detail, cause, thread FROM operations.journal WHERE subject = :order ORDER BY at DESC, position DESC LIMIT :most
"""
_JOBS = """
SELECT j.id, j.queue, j.name, j.state, j.since, j.tries, j.error, o.id AS order_id, o.number AS order_number
FROM operations.jobs j LEFT JOIN orders o ON o.id::text = j.subject
WHERE (CAST(:order AS text) IS NOT NULL AND j.subject = :order) OR (CAST(:order AS text) IS NULL AND j.state = 'dead')
ORDER BY j.since, j.id LIMIT :most
"""

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])

JobNumber = Annotated[int, Path(ge=1, lt=2**63)]


class Line(BaseModel):
    """A line of the journal. `thread` is what of the order it is about: all of it, a print job's id, or `parcel`."""

    at: datetime
    service: str
    what: str
    detail: str
    cause: str
    thread: str


class JobView(BaseModel):
    """A job: `dead` when it failed for good. Which order it is about, where it is about one that is here."""

    id: int
    queue: str
    name: str
    state: str
    since: datetime | None
    tries: int
    error: str | None
    order_id: UUID | None
    order_number: str | None


class Jobs(BaseModel):
    """Those that failed for good, the oldest first; `dead` counts all of them."""

    jobs: list[JobView]
    dead: int


class Journal(BaseModel):
    """What happened to an order, the newest first, and its jobs that are not done."""

    entries: list[Line]
    jobs: list[JobView]


@routes.get("/orders/{order_id}/journal")
async def get_journal(context: Context, order_id: UUID) -> Journal:
    """What happened to it, in all services, and what is still to be done; 404 when it is not here."""
    async with context.database.transaction() as session:
        if await session.get(Order, order_id) is None:
            raise HTTPException(404, "no such order")
        asked = {"order": str(order_id), "most": _MOST_LINES}
        lines = [Line(**row) for row in (await session.execute(text(_LINES), asked)).mappings()]
        return Journal(entries=lines, jobs=await _jobs(session, asked))


@routes.get("/jobs")
async def list_dead_jobs(context: Context) -> Jobs:
    """The jobs that failed for good, of all services."""
    count = text("SELECT count(*) FROM operations.jobs WHERE state = 'dead'")
    async with context.database.transaction() as session:
        found = await _jobs(session, {"order": None, "most": _MOST_JOBS})
        return Jobs(jobs=found, dead=await session.scalar(count) or 0)


@routes.post("/jobs/{job_id}/retry")
async def retry_job(context: Context, job_id: JobNumber) -> dict[str, str]:
    """Tries it again, as if for the first time; 409 when it runs or is done."""
    await _do(context, "retry", job_id)
    return {"status": "waiting"}


@routes.post("/jobs/{job_id}/drop")
async def drop_job(context: Context, job_id: JobNumber) -> dict[str, str]:
    """Gives it up; 409 when it runs or is done."""
    await _do(context, "drop", job_id)
    return {"status": "dropped"}


async def _do(context: Context, function: str, job_id: int) -> None:
    asked = text(f"SELECT operations.{function}(:job)")
    async with context.database.transaction() as session:
        if not await session.scalar(asked, {"job": job_id}):
            raise HTTPException(409, "the job runs, or is done")


async def _jobs(session: AsyncSession, asked: dict[str, Any]) -> list[JobView]:
    return [JobView(**row) for row in (await session.execute(text(_JOBS), asked)).mappings()]
