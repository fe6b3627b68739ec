"""Webhooks that were received: each is stored once, so duplicates and any order of arrival do no harm."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import Index, Text, UniqueConstraint, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base

__all__ = ["Envelope", "Outcome", "WebhookReceipt", "envelope", "lock_subject", "receipts_for", "store"]


class WebhookReceipt(Base):
    """A verified webhook. `subject` is the provider's id of the thing it is about."""

    __tablename__ = "webhook_receipts"
    __table_args__ = (
        UniqueConstraint("provider", "webhook_id"),
        Index("ix_webhook_receipts_provider_subject", "provider", "subject"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider: Mapped[str]
    webhook_id: Mapped[str]
    topic: Mapped[str]
    subject: Mapped[str]
    triggered_at: Mapped[str]
    payload: Mapped[dict[str, object]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Envelope(BaseModel):
    """What the gateway says about a webhook besides its body."""

    webhook_id: str
    topic: str
    triggered_at: str


class Outcome(BaseModel):
    """Answer to a webhook: `stored`, `duplicate`, or `ignored` when nothing here cares for the topic."""

    status: str


def envelope(
    x_webhook_id: Annotated[str, Header(min_length=1)],
    x_webhook_topic: Annotated[str, Header()] = "",
    x_webhook_triggered_at: Annotated[str, Header()] = "",
) -> Envelope:
    """FastAPI dependency: reads the headers that the gateway sends."""
    return Envelope(webhook_id=x_webhook_id, topic=x_webhook_topic, triggered_at=x_webhook_triggered_at)


async def store(
    session: AsyncSession, provider: str, what: Envelope, subject: str, payload: dict[str, object]
) -> bool:
    """Stores the webhook;

    False when one with its id is there already. Concurrent duplicates wait for each other.
    """
    row = insert(WebhookReceipt).values(
        id=uuid.uuid4(),
        provider=provider,
        webhook_id=what.webhook_id,
        topic=what.topic,
        subject=subject,
        triggered_at=what.triggered_at,
        payload=payload,
    )
    inserted = row.on_conflict_do_nothing(index_elements=["provider", "webhook_id"]).returning(
        WebhookReceipt.id
    )
    return (await session.execute(inserted)).first() is not None


async def lock_subject(session: AsyncSession, provider: str, subject: str) -> None:
    """Until the transaction ends, no other one handles this subject.

    A provider's webhook may overtake the answer that tells its subject's id. Both sides take this lock, so
    one of them always sees what the other stored.
    """
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(cast(f"{provider}:{subject}", Text), 0)))
    )


async def receipts_for(session: AsyncSession, provider: str, subject: str) -> Sequence[WebhookReceipt]:
    """All webhooks about `subject`, in order of arrival."""
    return (
        await session.scalars(
            select(WebhookReceipt)
            .where(WebhookReceipt.provider == provider, WebhookReceipt.subject == subject)
            .order_by(WebhookReceipt.received_at)
        )
    ).all()
