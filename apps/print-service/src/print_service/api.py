"""What the gateway calls."""

from __future__ import annotations

from common.internal import require_internal_key
from common.receipts import ReceiptStatus, Received
from fastapi import APIRouter, Depends

from print_service import prints
from print_service.context import Context

__all__ = ["routes"]

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


@routes.post("/webhooks/simplyprint")
async def simplyprint_webhook(context: Context, webhook: Received) -> ReceiptStatus:
    """Stores a verified webhook, raw, and acts upon it."""
    return await prints.take(context, webhook)
