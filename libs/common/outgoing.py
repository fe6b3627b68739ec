"""What a transaction tells others: its lines of the journal and the jobs it causes, written at its end in one statement."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["Job", "Line", "add_job", "add_line", "anything", "forget", "write"]

_LINES, _JOBS = "journal's lines", "jobs"

_WRITE = text("""
WITH lines AS (
  INSERT INTO journal (service, order_id, thread, what, detail, cause, trace, waits_for, hint)
  SELECT service, order_id, thread, what, detail, cause, trace, waits_for, hint
  FROM ROWS FROM (jsonb_to_recordset(cast(:lines AS jsonb)) AS (service text, order_id uuid, thread text, what text, detail text,
    cause text, trace text, waits_for text, hint text)) WITH ORDINALITY AS told
  ORDER BY told.ordinality
)
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
SELECT queue_name, task_name, lock, args
FROM ROWS FROM (jsonb_to_recordset(cast(:jobs AS jsonb)) AS (queue_name text, task_name text, lock text, args jsonb))
  WITH ORDINALITY AS told
ORDER BY told.ordinality
""")


class Line(TypedDict):
    """A line of the journal (`common.journal.JournalEntry`). `order_id` is a UUID's text."""

    service: str
    order_id: str
    thread: str
    what: str
    detail: str
    cause: str
    trace: str
    waits_for: str | None
    hint: str


class Job(TypedDict):
    """A job (`common.leases.QueuedJob`)."""

    queue_name: str
    task_name: str
    lock: str | None
    args: dict[str, Any]


def add_line(session: AsyncSession, line: Line) -> None:
    """Is written when the running transaction commits, and never otherwise."""
    session.info.setdefault(_LINES, []).append(line)


def add_job(session: AsyncSession, job: Job) -> None:
    """Is queued when the running transaction commits, and never otherwise."""
    session.info.setdefault(_JOBS, []).append(job)


def anything(session: AsyncSession) -> bool:
    """Whether there is something to write."""
    return bool(session.info.get(_LINES) or session.info.get(_JOBS))


def forget(session: AsyncSession) -> None:
    """What a savepoint undoes is not told."""
    session.info.pop(_LINES, None)
    session.info.pop(_JOBS, None)


async def write(session: AsyncSession) -> None:
    """Writes what was added. A transaction does so at its end (`common.database`); before that, who has to see it."""
    if anything(session):
        told = {
            "lines": json.dumps(session.info.get(_LINES, [])),
            "jobs": json.dumps(session.info.get(_JOBS, [])),
        }
        forget(session)
        await session.execute(_WRITE, told)
