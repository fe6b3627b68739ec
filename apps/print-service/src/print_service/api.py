"""What the gateway calls."""

from __future__ import annotations

from typing import Annotated

from common.internal import require_internal_key
from common.receipts import Envelope, Outcome, envelope
from fastapi import APIRouter, Body, Depends

from print_service import prints
from print_service.context import Context

__all__ = ["routes"]

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


@routes.post("/webhooks/simplyprint")
async def simplyprint_webhook(
    context: Context, what: Annotated[Envelope, Depends(envelope)], body: Annotated[dict[str, object], Body()]
) -> Outcome:
    """Stores a verified webhook."""
    return await prints.receive(context, what, body)
