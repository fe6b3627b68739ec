"""Makes baseplates: for orders into the database, for the page straight as bytes."""

from __future__ import annotations

import asyncio
import logging
import uuid

from common.files import StoredFile
from common.messages import BaseplateFailed, BaseplateMade, MakeBaseplate
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gridflock_service.baseplate import Plate, binary_stl
from gridflock_service.context import GridflockContext
from gridflock_service.models import Baseplate

__all__ = ["TooLarge", "make", "make_baseplate"]

logger = logging.getLogger(__name__)


class TooLarge(Exception):
    """The plate has more cells than GRIDFLOCK_MAX_CELLS allows."""

    def __init__(self, plate: Plate, limit: int) -> None:
        super().__init__(f"{plate.columns} x {plate.rows} is {plate.cells} cells; at most {limit} are made")


async def make(plate: Plate, max_cells: int) -> bytes:
    """The plate as binary STL. Raises `TooLarge`."""
    if plate.cells > max_cells:
        raise TooLarge(plate, max_cells)
    return await asyncio.to_thread(binary_stl, plate)


async def make_baseplate(context: GridflockContext, message: MakeBaseplate) -> None:
    """Makes the plate of an order, or reuses the stored one, and sends its file to order-service."""
    plate = Plate(message.columns, message.rows)
    job = message.print_job_id
    about = {"print_job_id": message.print_job_id, "order_id": message.order_id, "attempt": message.attempt}
    try:
        async with context.database.transaction() as session:
            known = await _stored(session, plate)
        content = await make(plate, context.max_cells) if known is None else b""
    except TooLarge as problem:
        async with context.database.transaction() as session:
            failed = BaseplateFailed.model_validate({**about, "error": str(problem)})
            context.publish(session, failed)
            context.note(
                session,
                message.order_id,
                "model failed",
                detail=str(problem),
                waits_for=failed.queue,
                thread=job,
            )
            await context.conclude(session)
        return
    async with context.database.transaction() as session:
        file_id = known or await _store(session, plate, content)
        made = BaseplateMade.model_validate({**about, "file_id": file_id})
        context.publish(session, made)
        what = "model made" if known is None else "model found"
        context.note(session, message.order_id, what, thread=job, waits_for=made.queue)
        # Done again, it would tell order-service a second time.
        await context.conclude(session)
    logger.info("baseplate made", extra={"columns": plate.columns, "rows": plate.rows})


async def _stored(session: AsyncSession, plate: Plate) -> uuid.UUID | None:
    found: uuid.UUID | None = await session.scalar(
        select(Baseplate.file_id).where(
            Baseplate.columns == plate.columns,
            Baseplate.rows == plate.rows,
            Baseplate.height_mm == plate.height_mm,
        )
    )
    return found


async def _store(session: AsyncSession, plate: Plate, content: bytes) -> uuid.UUID:
    name = f"baseplate-{plate.columns}x{plate.rows}.stl"
    file = StoredFile(id=uuid.uuid4(), name=name, media_type="model/stl", content=content)
    session.add(file)
    await session.flush()
    row = insert(Baseplate).values(
        id=uuid.uuid4(),
        columns=plate.columns,
        rows=plate.rows,
        height_mm=plate.height_mm,
        file_id=file.id,
    )
    once = row.on_conflict_do_nothing(index_elements=["columns", "rows", "height_mm"])
    made = (await session.execute(once.returning(Baseplate.id))).first()
    if made is None:
        # Another worker was faster: its file is kept, this one is not.
        await session.delete(file)
        return await _stored(session, plate) or file.id
    return file.id
