"""Takes over what the releases before jobs were in Postgres left behind: rows of the outbox, and SAQ's jobs in Redis.

While pods of such a release still work, they go on with their own; whatever they leave is found within half a minute.
This module and the table `outbox` can go when no installation is older than migration 0004.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, Database
from common.jobs import arguments
from common.leases import QueuedJob
from common.redis_client import Redis, RedisError

__all__ = ["OutboxMessage", "carry_over", "keep_carrying_over"]

_EVERY_SECONDS = 20.0
_BATCH = 500
_DONE = ("complete", "aborted")
_ERROR = text("INSERT INTO job_errors (job_id, error, at) VALUES (:id, :error, now())")

logger = logging.getLogger(__name__)


class OutboxMessage(Base):
    """A message that such a release stored and did not hand to Redis any more."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_service_id", "service", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    service: Mapped[str]
    queue: Mapped[str]
    job: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def keep_carrying_over(service: str, database: Database, redis: Redis) -> None:
    """Looks for what was left, now and every 20 s. Never returns."""
    while True:
        try:
            if found := await carry_over(service, database, redis):
                logger.info("jobs of an earlier release taken over", extra={"queue": service, "count": found})
        except (SQLAlchemyError, RedisError, OSError) as problem:
            logger.debug("cannot look for earlier jobs", extra={"reason": type(problem).__name__})
        await asyncio.sleep(_EVERY_SECONDS)


async def carry_over(service: str, database: Database, redis: Redis) -> int:
    """Queues what `service` left in the outbox and what is left in Redis for it; returns how many that were.

    What is in Redis is taken once no worker of such a release has shown itself for half a minute. Raises what the stores raise.
    """
    return await _from_outbox(service, database) + await _from_redis(service, database, redis)


async def _from_outbox(service: str, database: Database) -> int:
    oldest = select(OutboxMessage).where(OutboxMessage.service == service).order_by(OutboxMessage.id)
    # A relay of such a release may be at it, too: each takes rows that the other has not.
    oldest = oldest.limit(_BATCH).with_for_update(skip_locked=True)
    async with database.transaction() as session:
        messages = (await session.scalars(oldest)).all()
        for message in messages:
            await _queue(session, message.queue, message.job, message.key, message.payload, service)
        taken = [message.id for message in messages]
        await session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(taken)))
    return len(messages)


async def _from_redis(queue: str, database: Database, redis: Redis) -> int:
    async for _ in redis.scan_iter(match=f"saq:{queue}:worker_info:*"):
        return 0
    names = [name async for name in redis.scan_iter(match=f"saq:job:{queue}:*", count=_BATCH)]
    if not names:
        return 0
    stored = zip(names, await redis.mget(names), strict=True)
    jobs = [(name, json.loads(value)) for name, value in stored if value is not None]
    left = sorted(
        ((name, job) for name, job in jobs if job.get("status") not in _DONE),
        key=lambda each: each[1].get("queued", 0),
    )
    async with database.transaction() as session:
        for _, job in left:
            await _take(session, queue, job)
    # Killed here, they would be taken over twice: handlers know a message that they have had.
    await redis.delete(*names, *(f"saq:{queue}:{name}" for name in ("incomplete", "queued", "active")))
    return len(left)


async def _take(session: AsyncSession, queue: str, job: dict[str, Any]) -> None:
    payload = (job.get("kwargs") or {}).get("payload") or {}
    number = await _queue(session, queue, job["function"], job["key"], payload, "")
    if job.get("status") == "failed":
        # Nobody must find it waiting before this is committed, and nobody does.
        await session.execute(
            text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)"), {"id": number}
        )
        await session.execute(_ERROR, {"id": number, "error": "it failed before jobs were in Postgres"})


async def _queue(
    session: AsyncSession, queue: str, name: str, key: str, payload: dict[str, Any], sender: str
) -> int | None:
    subject = str(payload.get("order_id", ""))
    job = {
        "queue_name": queue,
        "task_name": name,
        "lock": f"{queue}:{subject}" if queue == "order-service" else None,
        "args": arguments(payload, key=key, sender=sender, subject=subject),
    }
    number: int | None = await session.scalar(insert(QueuedJob).values(job).returning(QueuedJob.id))
    return number
