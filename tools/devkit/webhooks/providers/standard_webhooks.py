"""Standard Webhooks: an envelope `{type, timestamp, data}`; id, time and signature in headers.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Mapping

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["STANDARD_WEBHOOKS"]

_HOUR = 3600


def _headers(_topic: str, _moment: GenerationContext) -> Mapping[str, str]:
    # Id and time are signed: they come with the signature.
    return {"User-Agent": "Standard-Webhooks/1.0"}


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    stamp = moment.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**payload, "type": topic, "timestamp": stamp}


def _svix(name: str) -> str:
    """Svix, where the standard comes from, and those who send by it have names of their own."""
    return name.replace("webhook-", "svix-") if name.startswith("webhook-") else name


STANDARD_WEBHOOKS = Provider(
    "standard-webhooks",
    scheme("standard-webhooks"),
    _headers,
    _freshen,
    lambda _, payload: str(payload.get("type", "")),
    header_styles={"svix": _svix},
    timeout=15.0,
    retries=(5, 300, 1800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
)
