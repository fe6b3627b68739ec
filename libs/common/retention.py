"""What is kept for as many days as a variable says, and no longer: webhooks' bodies, which hold personal data, and the journal."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import func, update

from common import journal
from common.database import Database, changed
from common.jobs import Handler, at_times
from common.receipts import WebhookReceipt
from common.service import ServiceContext

__all__ = ["forget", "forgetting", "thinning"]

logger = logging.getLogger(__name__)


async def forget(database: Database, provider: str, days: int) -> int:
    """Forgets the bodies of a provider's webhooks that came more than `days` ago; returns how many."""
    old = WebhookReceipt.received_at < func.now() - timedelta(days=days)
    held = WebhookReceipt.body.is_not(None) | WebhookReceipt.person.is_not(None)
    which = (WebhookReceipt.provider == provider) & old & held
    async with database.transaction() as session:
        return await changed(session, update(WebhookReceipt).where(which).values(body=None, person=None))


def forgetting(provider: str, days: int) -> Handler[ServiceContext]:
    """Forgets a provider's webhooks every hour."""

    async def run(context: ServiceContext) -> None:
        if forgotten := await forget(context.database, provider, days):
            logger.info("webhooks' bodies forgotten", extra={"provider": provider, "count": forgotten})

    return at_times("forget_webhooks", "7 * * * *", run)


def thinning(days: int) -> Handler[ServiceContext]:
    """Deletes the journal's old lines every hour."""

    async def run(context: ServiceContext) -> None:
        if gone := await journal.thin(context.database, days):
            logger.info("the journal was thinned out", extra={"count": gone})

    return at_times("thin_journal", "22 * * * *", run)
