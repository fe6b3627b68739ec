"""Raw bodies of webhooks hold personal data: they are kept for as many days as a variable says, and no longer."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import func, update
from sqlalchemy.exc import SQLAlchemyError

from common.database import Database, changed
from common.receipts import WebhookReceipt

__all__ = ["forget", "keep_forgetting"]

_EVERY_SECONDS, _AGAIN_SECONDS = 3600.0, 60.0

logger = logging.getLogger(__name__)


async def forget(database: Database, provider: str, days: int) -> int:
    """Forgets the bodies of a provider's webhooks that came more than `days` ago; returns how many."""
    old = WebhookReceipt.received_at < func.now() - timedelta(days=days)
    held = WebhookReceipt.body.is_not(None) | WebhookReceipt.person.is_not(None)
    which = (WebhookReceipt.provider == provider) & old & held
    async with database.transaction() as session:
        return await changed(session, update(WebhookReceipt).where(which).values(body=None, person=None))


async def keep_forgetting(database: Database, provider: str, days: int) -> None:
    """Forgets what is too old, now and every hour. Never returns."""
    while True:
        pause = _EVERY_SECONDS
        try:
            if forgotten := await forget(database, provider, days):
                logger.info("webhooks' bodies forgotten", extra={"provider": provider, "count": forgotten})
        except (SQLAlchemyError, OSError) as problem:
            logger.warning("webhooks' bodies are not forgotten yet", extra={"reason": type(problem).__name__})
            pause = _AGAIN_SECONDS
        await asyncio.sleep(pause)
