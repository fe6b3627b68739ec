"""Print jobs: queued at SimplyPrint once an attempt, cancelled, followed by webhook."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from common.files import StoredFile
from common.lenient import Identifier, NotUnderstood, Object, Text, json_object
from common.messages import CancelPrintJob, CreatePrintJob
from common.providers import ProviderRefused
from common.receipts import Followed, ReceiptStatus, Webhook, WebhookReceipt, receive
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from print_service.context import PrintContext
from print_service.models import PrintJob
from print_service.simplyprint import is_named

__all__ = ["cancel_print_job", "create_print_job", "take"]

_EVENTS = {
    "job.started": "printing",
    "job.done": "done",
    "job.failed": "failed",
    "job.cancelled": "cancelled",
}
# A state is only ever followed by one of higher rank, so late and repeated webhooks change nothing.
_RANK = {"queued": 0, "printing": 1, "done": 2, "failed": 2, "cancelled": 2}

logger = logging.getLogger(__name__)


async def create_print_job(context: PrintContext, message: CreatePrintJob) -> None:
    """Queues the job at SimplyPrint, unless this attempt is there already or was cancelled."""
    async with context.database.transaction() as session:
        job, first = await _prepare(session, message)
        if job is None:
            return
        file = await session.get(StoredFile, job.file_id) if job.file_id else None
    try:
        item_id = await _queue(context, job, file, again=not first)
    except ProviderRefused as refusal:
        await _refused(context, job.id, message.attempt, str(refusal))
        return
    async with context.database.transaction() as session:
        await _FOLLOWED.lock(session, item_id)
        job = await session.get_one(PrintJob, job.id, with_for_update=True)
        unwanted = job.status == "cancelled" or job.attempt != message.attempt
        if not unwanted:
            job.simplyprint_id = item_id
            context.change(session, job, "queued")
            await _FOLLOWED.catch_up(context, session, job, item_id)
    if unwanted:
        await context.simplyprint.remove(item_id)
    logger.info("print job queued", extra={"print_job": str(job.id), "simplyprint": item_id})


async def cancel_print_job(context: PrintContext, message: CancelPrintJob) -> None:
    """Cancels the job here and at SimplyPrint. One that arrives later will not be printed."""
    async with context.database.transaction() as session:
        job, _ = await _row(session, message)
        if job.attempt > message.attempt or _RANK[job.status] == _RANK["done"]:
            return
        # Inside the transaction: when SimplyPrint is unavailable nothing is changed, and the message comes again.
        if job.status == "printing" and job.printer_id:
            await context.simplyprint.stop_printer(job.printer_id)
        elif job.simplyprint_id:
            await context.simplyprint.remove(job.simplyprint_id)
        context.change(session, job, "cancelled")


async def take(context: PrintContext, webhook: Webhook) -> ReceiptStatus:
    """Stores one webhook. Events of unknown jobs are applied when the job becomes known."""

    async def act(session: AsyncSession, receipt: WebhookReceipt) -> str:
        payload = receipt.payload
        if receipt.topic not in _EVENTS:
            return "ignored"
        item_id = _item_id(payload)
        if item_id is None:
            raise NotUnderstood("data.job.id is no job's id")
        return await _FOLLOWED.take(context, session, receipt, item_id)

    return await receive(context.database, "simplyprint", replace(webhook, subject=_subject(webhook)), act)


async def _prepare(session: AsyncSession, message: CreatePrintJob) -> tuple[PrintJob | None, bool]:
    """The job to queue, or None when nothing is to do; and whether it is tried for the first time."""
    job, first = await _row(session, message)
    if message.attempt > job.attempt:
        first = True
        job.attempt, job.status = message.attempt, "queued"
        job.simplyprint_id = job.printer_id = job.error = None
    if job.attempt != message.attempt or job.simplyprint_id is not None or job.status != "queued":
        return None, first
    job.file_id = message.file_id
    return job, first


async def _row(session: AsyncSession, message: CreatePrintJob | CancelPrintJob) -> tuple[PrintJob, bool]:
    """The job, made when it is not there, locked until the transaction ends; and whether it was made."""
    known = message if isinstance(message, CreatePrintJob) else None
    row = insert(PrintJob).values(
        id=message.print_job_id,
        order_id=message.order_id,
        title=known.title if known else "",
        sku=known.sku if known else "",
        quantity=known.quantity if known else 0,
        file_id=known.file_id if known else None,
        status="queued",
        attempt=message.attempt,
        version=0,
    )
    new = row.on_conflict_do_nothing(index_elements=["id"]).returning(PrintJob)
    made: PrintJob | None = await session.scalar(new)
    if made is not None:
        return made, True
    return await session.get_one(PrintJob, message.print_job_id, with_for_update=True), False


async def _queue(context: PrintContext, job: PrintJob, file: StoredFile | None, again: bool) -> str:
    name = f"{job.sku}-{job.id.hex[:8]}.stl" if file else job.sku
    if again:
        # The first try may have been cut off after SimplyPrint took it: then the item is there, unclaimed. It waits in the
        # queue, or it prints already; in this order, so that it is not missed while it leaves the one for the other.
        async with context.database.transaction() as session:
            claimed = select(PrintJob.simplyprint_id).where(PrintJob.simplyprint_id.is_not(None))
            known = {str(each) for each in await session.scalars(claimed)}
        item = await context.simplyprint.find_queued(name, job.quantity, known)
        item = item or await _told_of(context, name)
        item = item or await context.simplyprint.find_printing(name, job.updated_at, known)
        if item is not None:
            return item
    if file is not None:
        return await context.simplyprint.queue_upload(name, file.content, file.media_type, job.quantity)
    return await context.simplyprint.queue_stored_file(name, job.quantity)


async def _told_of(context: PrintContext, name: str) -> str | None:
    """The item that prints `name`, that a webhook told of, and that is nobody's."""
    claimed = select(PrintJob.id).where(PrintJob.simplyprint_id == WebhookReceipt.subject).exists()
    strangers = (
        select(WebhookReceipt)
        .where(WebhookReceipt.provider == "simplyprint", WebhookReceipt.subject != "", ~claimed)
        .where(WebhookReceipt.problem.is_(None), WebhookReceipt.body.is_not(None))
        .order_by(WebhookReceipt.received_at)
    )
    async with context.database.transaction() as session:
        for receipt in await session.scalars(strangers):
            told = _Body.model_validate(receipt.payload).data.job.name
            if told and is_named(told, name):
                return receipt.subject
    return None


async def _refused(context: PrintContext, job_id: uuid.UUID, attempt: int, reason: str) -> None:
    async with context.database.transaction() as session:
        job = await session.get_one(PrintJob, job_id, with_for_update=True)
        if job.attempt == attempt and job.status == "queued":
            context.change(session, job, "failed", reason)
    logger.warning("SimplyPrint refused a print job", extra={"print_job": str(job_id), "reason": reason})


def _apply(context: PrintContext, session: AsyncSession, job: PrintJob, receipt: WebhookReceipt) -> None:
    status = _EVENTS[receipt.topic]
    if _RANK[status] <= _RANK[job.status]:
        return
    payload = receipt.payload
    job.printer_id = _printer(payload) or job.printer_id
    context.change(session, job, status, _reason(payload) if status == "failed" else None)


_FOLLOWED = Followed("simplyprint", PrintJob, PrintJob.simplyprint_id, _apply)


class _Named(BaseModel):
    id: Identifier = None
    name: Text = None
    reason: Text = None


class _Data(BaseModel):
    job: Annotated[_Named, Object] = Field(default_factory=_Named)
    printer: Annotated[_Named, Object] = Field(default_factory=_Named)


class _Body(BaseModel):
    data: Annotated[_Data, Object] = Field(default_factory=_Data)


def _subject(webhook: Webhook) -> str:
    """What it is about; empty when that cannot be read, of which acting upon it tells."""
    with suppress(Exception):
        if webhook.topic in _EVENTS:
            return _item_id(json_object(webhook.body)) or ""
    return ""


def _item_id(payload: dict[str, object]) -> str | None:
    return _Body.model_validate(payload).data.job.id


def _printer(payload: dict[str, object]) -> str | None:
    return _Body.model_validate(payload).data.printer.id


def _reason(payload: dict[str, object]) -> str:
    return (_Body.model_validate(payload).data.job.reason or "the print failed")[:300]
