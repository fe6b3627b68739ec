"""Webhooks that were received: each is stored once, so duplicates and reordering do no harm."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Body, Depends, Header
from pydantic import BaseModel
from sqlalchemy import Index, Text, UniqueConstraint, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from common.database import Base
from common.service import ServiceContext

__all__ = ["Followed", "ReceiptStatus", "Received", "Webhook", "WebhookReceipt", "store"]

C = TypeVar("C", bound=ServiceContext)
R = TypeVar("R", bound=Base)

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True)
class Webhook:
    """A webhook as the gateway hands it on: its body, and what it says besides."""

    webhook_id: str
    topic: str
    triggered_at: str
    payload: dict[str, object]


class ReceiptStatus(BaseModel):
    """Answer to a webhook: `stored`, `duplicate`, or `ignored` when the service does not handle the topic."""

    status: str


def _webhook(
    body: Annotated[dict[str, object], Body()],
    x_webhook_id: Annotated[str, Header(min_length=1)],
    x_webhook_topic: Annotated[str, Header()] = "",
    x_webhook_triggered_at: Annotated[str, Header()] = "",
) -> Webhook:
    return Webhook(
        webhook_id=x_webhook_id, topic=x_webhook_topic, triggered_at=x_webhook_triggered_at, payload=body
    )


Received = Annotated[Webhook, Depends(_webhook)]
"""FastAPI dependency: the webhook that the gateway hands on."""


async def store(session: AsyncSession, provider: str, webhook: Webhook, subject: str) -> bool:
    """Stores the webhook; False when one with its id is there already. Concurrent duplicates wait for each other."""
    row = insert(WebhookReceipt).values(id=uuid.uuid4(), provider=provider, subject=subject, **vars(webhook))
    inserted = row.on_conflict_do_nothing(index_elements=["provider", "webhook_id"]).returning(
        WebhookReceipt.id
    )
    return (await session.execute(inserted)).first() is not None


@dataclass(frozen=True, slots=True)
class Followed(Generic[C, R]):
    """Rows that follow a provider's webhooks: `subject` is the column with the provider's id, `apply` takes over one webhook.

    A webhook may overtake the answer that tells its subject's id. So both sides lock the subject, and one of
    them always sees what the other stored: webhooks without a row are kept, and applied when there is one.
    """

    provider: str
    row: type[R]
    subject: InstrumentedAttribute[str | None]
    apply: Callable[[C, AsyncSession, R, WebhookReceipt], None]

    async def receive(self, context: C, webhook: Webhook, subject: str) -> ReceiptStatus:
        """Stores the webhook and applies it to the row that is about `subject`, if there is one."""
        async with context.database.transaction() as session:
            # Before the row is looked for: a row that does not exist yet could not be locked.
            await self.lock(session, subject)
            if not await store(session, self.provider, webhook, subject):
                return ReceiptStatus(status="duplicate")
            row = await session.scalar(select(self.row).where(self.subject == subject).with_for_update())
            if row is not None:
                await self.catch_up(context, session, row, subject)
            else:
                logger.info(
                    "a webhook about something unknown is kept until it is known",
                    extra={"provider": self.provider, "topic": webhook.topic, "subject": subject},
                )
        return ReceiptStatus(status="stored")

    async def lock(self, session: AsyncSession, subject: str) -> None:
        """Until the transaction ends, no other one handles this subject."""
        name = cast(f"{self.provider}:{subject}", Text)
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    async def catch_up(self, context: C, session: AsyncSession, row: R, subject: str) -> None:
        """Applies all webhooks about `subject`, in order of arrival, to its row."""
        about = (WebhookReceipt.provider == self.provider) & (WebhookReceipt.subject == subject)
        for receipt in await session.scalars(
            select(WebhookReceipt).where(about).order_by(WebhookReceipt.received_at)
        ):
            self.apply(context, session, row, receipt)
