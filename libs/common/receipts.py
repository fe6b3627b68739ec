"""Webhooks that were received: each is stored once and raw, before anything of it is understood.

Duplicates and reordering do no harm, and what cannot be understood is kept, with what was wrong, for a person to see.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import Index, Text, UniqueConstraint, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from common import outgoing
from common.causes import because_of
from common.database import Base, Database
from common.lenient import NotUnderstood, json_object
from common.service import ServiceContext

__all__ = [
    "Act", "Followed", "ReceiptStatus", "Received", "Webhook", "WebhookReceipt", "lock_subject", "receive", "understand",
]  # fmt: skip

C = TypeVar("C", bound=ServiceContext)
R = TypeVar("R", bound=Base)

logger = logging.getLogger(__name__)


class WebhookReceipt(Base):
    """A verified webhook.

    `subject` is the provider's id of the thing it is about, `person` the customer's whose data it holds, `account` the
    shop's that sent it. `body` is forgotten after WEBHOOK_RETENTION_DAYS. `outcome` is what a `ReceiptStatus` says;
    `problem` is why it was `kept`.
    """

    __tablename__ = "webhook_receipts"
    __table_args__ = (
        UniqueConstraint("provider", "webhook_id"),
        Index("ix_webhook_receipts_provider_subject", "provider", "subject"),
        Index("ix_webhook_receipts_received_at", "received_at"),
        Index("ix_webhook_receipts_person", "person", postgresql_where="person IS NOT NULL"),
        Index("ix_webhook_receipts_problem", "received_at", postgresql_where="problem IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider: Mapped[str]
    webhook_id: Mapped[str]
    topic: Mapped[str]
    subject: Mapped[str]
    triggered_at: Mapped[str]
    account: Mapped[str]
    person: Mapped[str | None]
    body: Mapped[bytes | None]
    outcome: Mapped[str]
    problem: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def payload(self) -> dict[str, Any]:
        """The body's JSON object. Raises NotUnderstood."""
        if self.body is None:
            raise NotUnderstood("the body was forgotten")
        return json_object(self.body)


@dataclass(frozen=True)
class Webhook:
    """A webhook as the gateway hands it on: its raw body, and what it says besides. `subject` where it is known at once: then
    it is stored in one go."""

    webhook_id: str
    topic: str
    triggered_at: str
    account: str
    body: bytes
    subject: str = ""


class ReceiptStatus(BaseModel):
    """Answer to a webhook.

    `stored` and acted upon, `duplicate` of a known one, `ignored` (stored; the service has no use for the topic), or
    `kept` (stored; it could not be understood, and a person sees it).
    """

    status: str


Act = Callable[[AsyncSession, WebhookReceipt], Awaitable[str]]
"""Acts upon a stored webhook within the transaction that stores it, and returns its outcome."""


async def _webhook(
    request: Request,
    x_webhook_id: Annotated[str, Header(min_length=1)],
    x_webhook_topic: Annotated[str, Header()] = "",
    x_webhook_triggered_at: Annotated[str, Header()] = "",
    x_webhook_account: Annotated[str, Header()] = "",
) -> Webhook:
    return Webhook(
        webhook_id=x_webhook_id,
        topic=x_webhook_topic,
        triggered_at=x_webhook_triggered_at,
        account=x_webhook_account,
        body=await request.body(),
    )


Received = Annotated[Webhook, Depends(_webhook)]
"""FastAPI dependency: the webhook that the gateway hands on."""


async def receive(database: Database, provider: str, webhook: Webhook, act: Act) -> ReceiptStatus:
    """Stores the webhook and acts upon it, both or neither; what `act` cannot understand is stored all the same, in a
    transaction of its own.

    Concurrent duplicates wait for each other. Raises OperationalError or InterfaceError while Postgres is unavailable.
    """
    try:
        async with database.transaction() as session:
            receipt = await _stored(session, provider, webhook)
            if receipt is None:
                return ReceiptStatus(status="duplicate")
            with because_of(f"webhook {provider} {webhook.topic} {webhook.webhook_id}"[:200]):
                receipt.outcome = await _acted(session, receipt, act)
            return ReceiptStatus(status=receipt.outcome)
    except _Undone as undone:
        problem = undone
    async with database.transaction() as session:
        receipt = await _stored(session, provider, webhook)
        if receipt is None:  # told again, and taken, meanwhile
            return ReceiptStatus(status="duplicate")
        _keep(receipt, problem)
        return ReceiptStatus(status=receipt.outcome)


async def _stored(session: AsyncSession, provider: str, webhook: Webhook) -> WebhookReceipt | None:
    """Its row, new; None when it is there already."""
    row = insert(WebhookReceipt).values(id=uuid.uuid4(), provider=provider, outcome="stored", **vars(webhook))
    inserted = row.on_conflict_do_nothing(index_elements=["provider", "webhook_id"])
    found: WebhookReceipt | None = await session.scalar(inserted.returning(WebhookReceipt))
    return found


async def understand(session: AsyncSession, receipt: WebhookReceipt, act: Act) -> None:
    """Acts upon a stored webhook. What goes wrong undoes what was done, and is noted on it."""
    try:
        async with session.begin_nested():
            receipt.outcome, receipt.problem = await _acted(session, receipt, act), None
    except _Undone as problem:
        outgoing.forget(session)
        await session.refresh(receipt)  # without what was undone
        _keep(receipt, problem)


class _Undone(Exception):
    """Why a webhook was not acted upon, and what is known of it all the same: its subject and person."""

    def __init__(self, reason: str, subject: str, person: str | None) -> None:
        super().__init__(reason)
        self.subject, self.person = subject, person


async def _acted(session: AsyncSession, receipt: WebhookReceipt, act: Act) -> str:
    """The outcome, with all that was done written. Raises _Undone, and what tells that Postgres is away."""
    provider, subject, person = receipt.provider, receipt.subject, receipt.person
    try:
        try:
            outcome = await act(session, receipt)
        finally:
            seen = vars(receipt)  # a failed flush has emptied it, and nothing can be loaded now
            subject, person = seen.get("subject", subject), seen.get("person", person)
        await session.flush()
        await outgoing.write(session)
    except (OperationalError, InterfaceError):
        raise  # the provider is to try again
    except NotUnderstood as problem:
        raise _Undone(str(problem), subject, person) from None
    except Exception as problem:
        # A defect, or a value that no rule foresaw. Told again it would end here again, and in the end be lost.
        logger.exception("a webhook could not be acted upon", extra={"provider": provider})
        raise _Undone(f"{type(problem).__name__}, in this service", subject, person) from None
    return outcome


def _keep(receipt: WebhookReceipt, problem: _Undone) -> None:
    receipt.subject, receipt.person = problem.subject, problem.person
    receipt.outcome, receipt.problem = "kept", str(problem)
    logger.warning(
        "a webhook is kept that was not understood",
        extra={"provider": receipt.provider, "topic": receipt.topic, "problem": str(problem)},
    )


async def lock_subject(session: AsyncSession, provider: str, subject: str) -> None:
    """Until the transaction ends, no other one handles this subject: also a row that does not exist yet is locked."""
    name = cast(f"{provider}:{subject}", Text)
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


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

    async def take(self, context: C, session: AsyncSession, receipt: WebhookReceipt, subject: str) -> str:
        """Applies the webhook to the row that is about `subject`, if there is one; returns its outcome."""
        receipt.subject = subject
        known = select(self.row).where(self.subject == subject).with_for_update()
        row = await session.scalar(known)
        if row is None:  # it may become known at this moment
            await self.lock(session, subject)
            row = await session.scalar(known)
        if row is not None:
            self.apply(context, session, row, receipt)  # what came before it was applied when it came
        else:
            logger.info(
                "a webhook about something unknown is kept until it is known",
                extra={"provider": self.provider, "topic": receipt.topic, "subject": subject},
            )
        return "stored"

    async def lock(self, session: AsyncSession, subject: str) -> None:
        """Until the transaction ends, no other one handles this subject."""
        await lock_subject(session, self.provider, subject)

    async def catch_up(self, context: C, session: AsyncSession, row: R, subject: str) -> None:
        """Applies all webhooks about `subject`, in order of arrival, to its row."""
        about = (WebhookReceipt.provider == self.provider) & (WebhookReceipt.subject == subject)
        readable = about & WebhookReceipt.problem.is_(None) & WebhookReceipt.body.is_not(None)
        for receipt in await session.scalars(
            select(WebhookReceipt).where(readable).order_by(WebhookReceipt.received_at)
        ):
            self.apply(context, session, row, receipt)
