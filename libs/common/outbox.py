"""Transactional outbox: a message is stored in the transaction that causes it, and relayed afterwards.

So a message is never lost between the commit and the queue, and never sent for work that was rolled back.
It may be relayed twice (a crash between queue and commit); handlers are idempotent.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common.database import OUTBOX, Base, Database
from common.jobs import Queues
from common.messages import Message

__all__ = ["OutboxMessage", "Relay", "publish"]

_BATCH = 100
_POLL_SECONDS = 5.0
_LONGEST_PAUSE = 5.0

logger = logging.getLogger(__name__)


class OutboxMessage(Base):
    """A message that waits to be relayed by the service that wrote it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_service_id", "service", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    service: Mapped[str]
    queue: Mapped[str]
    job: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, object]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


def publish(session: AsyncSession, service: str, message: Message) -> None:
    """Stores `message` in the running transaction of `service`."""
    session.info[OUTBOX] = True
    session.add(
        OutboxMessage(
            service=service,
            queue=message.queue,
            job=message.job_name(),
            key=message.key,
            payload=message.model_dump(mode="json"),
        )
    )


class Relay:
    """Moves one service's messages from the outbox to the queues, in order, for as long as it runs."""

    def __init__(self, service: str, database: Database, queues: Queues) -> None:
        self._service = service
        self._database = database
        self._queues = queues

    async def run(self) -> None:
        """Relays after each commit of this process and every few seconds for what others left. Never returns."""
        pause = 0.1
        while True:
            # Cleared before reading: a commit during the reading is seen in the next round.
            self._database.committed.clear()
            try:
                while await self.relay() == _BATCH:
                    pass
                pause = 0.1
            except Exception as problem:
                logger.warning("the outbox waits", extra={"reason": type(problem).__name__})
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            try:
                await asyncio.wait_for(self._database.committed.wait(), _POLL_SECONDS)
            except TimeoutError:
                continue

    async def relay(self) -> int:
        """Relays up to a batch of messages and returns how many. Raises when Redis or Postgres is unavailable."""
        oldest = (
            select(OutboxMessage)
            .where(OutboxMessage.service == self._service)
            .order_by(OutboxMessage.id)
            .limit(_BATCH)
            # During a reload the old process may still relay: each takes rows that the other has not.
            .with_for_update(skip_locked=True)
        )
        async with AsyncSession(self._database.engine) as session, session.begin():
            messages = (await session.scalars(oldest)).all()
            for message in messages:
                await self._queues.enqueue(message.queue, message.job, message.key, message.payload)
            if messages:
                done = delete(OutboxMessage).where(OutboxMessage.id.in_([message.id for message in messages]))
                await session.execute(done)
        return len(messages)
