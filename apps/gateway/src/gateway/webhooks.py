"""Webhooks: verified over the raw body, then handed to the service that owns their subject."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import SecretStr
from signatures import scheme
from signatures.headers import combined, first

from gateway.context import Context, GatewayContext
from gateway.forward import forward, unavailable
from gateway.settings import Settings

__all__ = ["PROVIDERS", "Provider", "routes"]

logger = logging.getLogger(__name__)

# Characters that an id, a topic or a time may have: they travel on as headers.
_LONGEST = 255
# Seconds that a body may take to come in, and that the owner has to store it: providers wait five for an answer.
_READ_SECONDS, _STORE_SECONDS = 10.0, 4.0


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider's webhooks come in and where they go.

    `secrets` are the current one and, while it is being replaced, the previous one. `describe` finds id, topic and time in headers and body; an empty id stands for one made from the body,
    which is the same when the provider sends the same webhook again.
    """

    name: str
    path: str
    owner: str
    secrets: Callable[[Settings], tuple[SecretStr, SecretStr]]
    describe: Callable[[Mapping[str, str], Mapping[str, object]], tuple[str, str, str]]


def _shopify(headers: Mapping[str, str], _: Mapping[str, object]) -> tuple[str, str, str]:
    def find(name: str) -> str:
        # Newer apps also get every header without its prefix.
        return first(headers, f"X-Shopify-{name}", f"shopify-{name}") or ""

    return find("Webhook-Id"), find("Topic"), find("Triggered-At")


def _simplyprint(_: Mapping[str, str], body: Mapping[str, object]) -> tuple[str, str, str]:
    # Its `webhook_id` names the subscription, not this delivery.
    return "", str(body.get("event", "")), str(body.get("timestamp", ""))


def _sendcloud(_: Mapping[str, str], body: Mapping[str, object]) -> tuple[str, str, str]:
    return "", str(body.get("action", "")), str(body.get("timestamp", ""))


PROVIDERS = (
    Provider(
        "shopify",
        "/api/v1/webhooks/shopify",
        "order-service",
        lambda s: (s.shopify_client_secret, s.shopify_client_secret_previous),
        _shopify,
    ),
    Provider(
        "simplyprint",
        "/webhooks/simplyprint",
        "print-service",
        lambda s: (s.simplyprint_webhook_token, s.simplyprint_webhook_token_previous),
        _simplyprint,
    ),
    Provider(
        "sendcloud",
        "/webhooks/sendcloud",
        "shipping-service",
        lambda s: (s.sendcloud_secret_key, s.sendcloud_secret_key_previous),
        _sendcloud,
    ),
)

routes = APIRouter(tags=["webhooks"])


async def _receive(provider: Provider, context: GatewayContext, request: Request) -> Response:
    try:
        async with asyncio.timeout(_READ_SECONDS):
            raw = await request.body()
    except TimeoutError:
        raise HTTPException(408) from None
    headers_in = combined(request.headers.items())
    _verify(provider, context.settings, raw, headers_in)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    described = provider.describe(headers_in, body)
    if not all(part.isascii() and part.isprintable() and len(part) <= _LONGEST for part in described):
        raise HTTPException(400, "the webhook's id, topic or time is malformed")
    webhook_id, topic, triggered_at = described
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Id": webhook_id or hashlib.sha256(raw).hexdigest(),
        "X-Webhook-Topic": topic,
        "X-Webhook-Triggered-At": triggered_at,
    }
    path = f"/internal/webhooks/{provider.name}"
    try:
        async with asyncio.timeout(_STORE_SECONDS + context.settings.breakpoint_seconds):
            answer = await forward(context, provider.owner, "POST", path, content=raw, headers=headers)
    except TimeoutError:
        # It may be stored all the same; the provider tries again, and the inbox knows it then.
        logger.warning("a service takes too long over a webhook", extra={"to": provider.owner})
        raise unavailable(provider.owner) from None
    if answer.status_code in (401, 403):
        # The key between the services is wrong: the provider did nothing wrong and is to try again.
        logger.error("a service refuses the gateway's INTERNAL_API_KEY", extra={"to": provider.owner})
        raise HTTPException(503, headers={"Retry-After": "60"})
    logger.info("webhook", extra={"provider": provider.name, "topic": topic, "code": answer.status_code})
    return answer


def _verify(provider: Provider, settings: Settings, raw: bytes, headers: Mapping[str, str]) -> None:
    if settings.skip_verification:
        logger.warning("WEBHOOK NOT VERIFIED", extra={"provider": provider.name})
        return
    current, previous = provider.secrets(settings)
    if scheme(provider.name).verify(current.get_secret_value(), raw, headers):
        return
    if scheme(provider.name).verify(previous.get_secret_value(), raw, headers):
        logger.info("webhook proved with the previous secret", extra={"provider": provider.name})
        return
    logger.warning("webhook refused: wrong signature", extra={"provider": provider.name})
    raise HTTPException(401)


@routes.post(PROVIDERS[0].path)
async def shopify(context: Context, request: Request) -> Response:
    """Shopify's webhooks."""
    return await _receive(PROVIDERS[0], context, request)


@routes.post(PROVIDERS[1].path)
async def simplyprint(context: Context, request: Request) -> Response:
    """SimplyPrint's webhooks."""
    return await _receive(PROVIDERS[1], context, request)


@routes.post(PROVIDERS[2].path)
async def sendcloud(context: Context, request: Request) -> Response:
    """Sendcloud's webhooks."""
    return await _receive(PROVIDERS[2], context, request)
