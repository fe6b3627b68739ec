"""Webhooks: verified over the raw body, then passed, raw, to the service that owns their subject."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from common.lenient import NotUnderstood, json_object, one_line
from fastapi import APIRouter, HTTPException, Request, Response
from signatures import scheme
from signatures.headers import combined

from gateway.context import Context, GatewayContext
from gateway.forward import forward, unavailable
from gateway.providers import DESCRIBE
from gateway.settings import Settings, WebhookRoute

__all__ = ["routes"]

logger = logging.getLogger(__name__)

# Seconds that a body may take to come in, and that the owner has to store it: providers wait five for an answer.
_READ_SECONDS, _STORE_SECONDS = 10.0, 4.0


def routes(taken: Iterable[WebhookRoute]) -> APIRouter:
    """A route for each webhook that the settings name."""
    router = APIRouter(tags=["webhooks"])
    for route in taken:
        router.add_api_route(route.path, _endpoint(route), methods=["POST"], name=route.provider)
    return router


def _endpoint(route: WebhookRoute) -> Callable[..., Awaitable[Response]]:
    async def webhook(context: Context, request: Request) -> Response:
        return await _receive(route, context, request)

    webhook.__doc__ = f"Webhooks of {route.provider}."
    return webhook


async def _receive(route: WebhookRoute, context: GatewayContext, request: Request) -> Response:
    try:
        async with asyncio.timeout(_READ_SECONDS):
            raw = await request.body()
    except TimeoutError:
        raise HTTPException(408) from None
    headers_in = combined(request.headers.items())
    _verify(route, context.settings, raw, headers_in)
    described = DESCRIBE[route.provider](headers_in, _object(raw))
    headers = {
        "Content-Type": "application/octet-stream",
        "X-Webhook-Id": _plain(described.webhook_id) or hashlib.sha256(raw).hexdigest(),
        "X-Webhook-Topic": one_line(described.topic),
        "X-Webhook-Triggered-At": one_line(described.triggered_at),
        "X-Webhook-Account": one_line(described.account),
    }
    path = f"/internal/webhooks/{route.provider}"
    try:
        async with asyncio.timeout(_STORE_SECONDS + context.settings.breakpoint_seconds):
            answer = await forward(context, route.owner, "POST", path, content=raw, headers=headers)
    except TimeoutError:
        # It may be stored all the same; the provider tries again, and the inbox knows it then.
        logger.warning("a service takes too long over a webhook", extra={"to": route.owner})
        raise unavailable(route.owner) from None
    if answer.status_code in (401, 403):
        # The key between the services is wrong: the provider did nothing wrong and is to try again.
        logger.error("a service refuses the gateway's INTERNAL_API_KEY", extra={"to": route.owner})
        raise HTTPException(503, headers={"Retry-After": "60"})
    about = {"provider": route.provider, "topic": headers["X-Webhook-Topic"]}
    logger.info("webhook", extra={**about, "code": answer.status_code})
    return answer


def _object(raw: bytes) -> Mapping[str, object]:
    """The JSON object in a body, empty for any other: it is the owner who keeps what cannot be understood."""
    try:
        return json_object(raw)
    except NotUnderstood:
        return {}


def _plain(webhook_id: str) -> str:
    """The id as a header can carry it: itself, or a digest of one that is too long or odd."""
    same = webhook_id == one_line(webhook_id)
    return webhook_id if same else hashlib.sha256(webhook_id.encode("utf-8", "replace")).hexdigest()


def _verify(route: WebhookRoute, settings: Settings, raw: bytes, headers: Mapping[str, str]) -> None:
    if settings.skip_verification:
        logger.warning("WEBHOOK NOT VERIFIED", extra={"provider": route.provider})
        return
    current, previous = route.secrets
    if scheme(route.provider).verify(current.get_secret_value(), raw, headers):
        return
    if scheme(route.provider).verify(previous.get_secret_value(), raw, headers):
        logger.info("webhook signed with the previous secret", extra={"provider": route.provider})
        return
    logger.warning("webhook refused: wrong signature", extra={"provider": route.provider})
    raise HTTPException(401)
