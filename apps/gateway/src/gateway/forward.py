"""Calls to the services behind the gateway."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import httpx
from common.internal import PLATE_HEADERS
from fastapi import HTTPException, Response

from gateway.context import GatewayContext

__all__ = ["RETRY_AFTER_SECONDS", "forward", "unavailable"]

RETRY_AFTER_SECONDS = 5

_KEPT = ("content-disposition", *(name.lower() for name in PLATE_HEADERS))

logger = logging.getLogger(__name__)


def unavailable(service: str) -> HTTPException:
    """The answer while a service is down."""
    return HTTPException(
        503, f"{service} is not available", headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
    )


async def forward(
    context: GatewayContext,
    service: str,
    method: str,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Calls `service` and returns its answer. Raises 503 with Retry-After when it gives none, or a 5xx."""
    try:
        answer = await context.services[service].request(
            method, path, params=params, content=content, headers=headers
        )
    except httpx.HTTPError as problem:
        logger.warning("a service does not answer", extra={"to": service, "reason": type(problem).__name__})
        raise unavailable(service) from None
    if answer.status_code >= 500:
        logger.warning("a service failed", extra={"to": service, "code": answer.status_code})
        raise unavailable(service)
    kept = {k: v for k, v in answer.headers.items() if k.lower() in _KEPT}
    media_type = answer.headers.get("content-type", "application/json")
    return Response(answer.content, answer.status_code, kept, media_type)
