"""Parcels: announced to Sendcloud once an order, cancelled, followed by webhook."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import replace

from common.lenient import NotUnderstood, json_object
from common.messages import CancelParcel, CreateParcel, RedactParcel
from common.providers import ProviderRefused
from common.receipts import Followed, ReceiptStatus, Webhook, WebhookReceipt, receive
from pydantic import BaseModel, ValidationError
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shipping_service.context import ShippingContext
from shipping_service.models import Parcel
from shipping_service.sendcloud import Announced, meaning

__all__ = ["cancel_parcel", "create_parcel", "redact_parcel", "take"]

_TOPIC = "parcel_status_changed"
_NEW = "announcing"
_FINAL = frozenset({"delivered", "cancelled"})
# Only for changes that Sendcloud dates to the same moment.
_RANK = {
    _NEW: 0,
    "announced": 1,
    "en_route": 2,
    "awaiting_pickup": 3,
    "failed": 4,
    "cancelled": 5,
    "delivered": 6,
}

logger = logging.getLogger(__name__)


class _Body(BaseModel):
    timestamp: int | None = None
    parcel: Announced


async def create_parcel(context: ShippingContext, message: CreateParcel) -> None:
    """Announces the order's parcel, unless it is announced already or was cancelled."""
    async with context.database.transaction() as session:
        parcel = await _row(session, message.order_id)
        if parcel.status == "failed" and parcel.sendcloud_id is None and message.attempt > parcel.attempt:
            parcel.status, parcel.error = _NEW, None  # what was refused is asked for again
        parcel.attempt = max(parcel.attempt, message.attempt)
        if parcel.status != _NEW or parcel.sendcloud_id is not None:
            return
    try:
        announced = await context.sendcloud.announce(parcel.id, message)
    except ProviderRefused as refusal:
        async with context.database.transaction() as session:
            parcel = await _row(session, message.order_id)
            if parcel.status == _NEW:
                context.change(session, parcel, "failed", str(refusal))
        logger.warning("Sendcloud refused a parcel", extra={"order": str(message.order_id)})
        return
    subject = announced.id
    async with context.database.transaction() as session:
        await _FOLLOWED.lock(session, subject)
        parcel = await _row(session, message.order_id)
        unwanted = parcel.status == "cancelled"
        parcel.sendcloud_id = subject
        if not unwanted:
            parcel.status_code = announced.status_code
            _describe(parcel, announced)
            context.change(session, parcel, meaning(announced.status.id) or "announced")
            await _FOLLOWED.catch_up(context, session, parcel, subject)
    if unwanted:
        await context.sendcloud.cancel(subject)
    logger.info("parcel announced", extra={"order": str(message.order_id), "sendcloud": subject})


async def cancel_parcel(context: ShippingContext, message: CancelParcel) -> None:
    """Cancels the parcel here and at Sendcloud. One that is not here yet will not be announced."""
    async with context.database.transaction() as session:
        parcel = await _row(session, message.order_id)
        if parcel.status in _FINAL:
            return
        # Inside the transaction: when Sendcloud is unavailable nothing is changed, and the message comes again.
        if parcel.sendcloud_id is not None:
            await context.sendcloud.cancel(parcel.sendcloud_id)
        context.change(session, parcel, "cancelled")


async def take(context: ShippingContext, webhook: Webhook) -> ReceiptStatus:
    """Stores one webhook. Those of parcels that are not ours (yet) are applied when they become ours."""

    async def act(session: AsyncSession, receipt: WebhookReceipt) -> str:
        payload = receipt.payload
        if receipt.topic != _TOPIC:
            return "ignored"
        try:
            body = _Body.model_validate(payload)
        except ValidationError as problem:
            fields = sorted({".".join(map(str, error["loc"])) for error in problem.errors()})
            raise NotUnderstood(f"not a parcel: {', '.join(fields)}") from None
        return await _FOLLOWED.take(context, session, receipt, body.parcel.id)

    return await receive(context.database, "sendcloud", replace(webhook, subject=_subject(webhook)), act)


def _subject(webhook: Webhook) -> str:
    """What it is about; empty when that cannot be read, of which acting upon it tells."""
    with suppress(Exception):
        if webhook.topic == _TOPIC:
            return _Body.model_validate(json_object(webhook.body)).parcel.id
    return ""


async def redact_parcel(context: ShippingContext, message: RedactParcel) -> None:
    """Forgets whose parcel the order's was: only the carrier's webhooks say it here."""
    async with context.database.transaction() as session:
        named = select(Parcel.sendcloud_id).where(Parcel.order_id == message.order_id)
        theirs = (WebhookReceipt.provider == "sendcloud") & WebhookReceipt.subject.in_(named)
        await session.execute(update(WebhookReceipt).where(theirs).values(body=None))


async def _row(session: AsyncSession, order_id: uuid.UUID) -> Parcel:
    """The order's parcel, made when it is not there, locked until the transaction ends."""
    row = insert(Parcel).values(
        id=uuid.uuid4(),
        order_id=order_id,
        status=_NEW,
        status_at=0,
        version=0,
        tracking_number="",
        tracking_url="",
        carrier="",
    )
    new = row.on_conflict_do_nothing(index_elements=["order_id"]).returning(Parcel)
    made: Parcel | None = await session.scalar(new)
    if made is not None:
        return made
    return (await session.scalars(select(Parcel).where(Parcel.order_id == order_id).with_for_update())).one()


def _apply(context: ShippingContext, session: AsyncSession, parcel: Parcel, receipt: WebhookReceipt) -> None:
    body = _Body.model_validate(receipt.payload)
    status = meaning(body.parcel.status.id)
    if status is None or parcel.status in _FINAL:
        return
    at = body.timestamp or 0
    if (at, _RANK[status]) <= (parcel.status_at, _RANK[parcel.status]):
        return
    parcel.status_at = at
    parcel.status_code = body.parcel.status_code
    if _describe(parcel, body.parcel) or status != parcel.status:
        context.change(session, parcel, status)


_FOLLOWED = Followed("sendcloud", Parcel, Parcel.sendcloud_id, _apply)


def _describe(parcel: Parcel, announced: Announced) -> bool:
    """Takes over what Sendcloud tells of it; whether that was news."""
    before = (parcel.tracking_number, parcel.tracking_url, parcel.carrier)
    parcel.tracking_number = announced.tracking_number or parcel.tracking_number
    parcel.tracking_url = announced.tracking_url or parcel.tracking_url
    parcel.carrier = announced.carrier.code or parcel.carrier
    return before != (parcel.tracking_number, parcel.tracking_url, parcel.carrier)
