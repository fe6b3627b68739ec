"""Where a provider's webhook says what it is: its id, its topic and when it was caused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from signatures.headers import first

__all__ = ["DESCRIBE", "Describe"]

Describe: TypeAlias = Callable[[Mapping[str, str], Mapping[str, object]], tuple[str, str, str]]
"""Headers and body → id, topic and time. An empty id stands for one made from the body, which is the same when the provider
sends the same webhook again."""


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


DESCRIBE: Mapping[str, Describe] = {
    "shopify": _shopify,
    "simplyprint": _simplyprint,
    "sendcloud": _sendcloud,
}
"""By the provider's name; the gateway takes the webhooks of these alone."""
