"""Where a provider's webhook says what it is: its id, its topic, when it was caused, and for whose account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from signatures.headers import first

__all__ = ["DESCRIBE", "Describe", "Described"]


class Described(NamedTuple):
    """An empty `webhook_id` stands for one made from the body, which is the same when the provider sends it again."""

    webhook_id: str = ""
    topic: str = ""
    triggered_at: str = ""
    account: str = ""


Describe: TypeAlias = Callable[[Mapping[str, str], Mapping[str, object]], Described]
"""Headers and body → what the webhook is. The body is empty where it is no JSON object."""


def _shopify(headers: Mapping[str, str], _: Mapping[str, object]) -> Described:
    def find(name: str) -> str:
        # Newer apps also get every header without its prefix.
        return first(headers, f"X-Shopify-{name}", f"shopify-{name}") or ""

    return Described(find("Webhook-Id"), find("Topic"), find("Triggered-At"), find("Shop-Domain"))


def _simplyprint(_: Mapping[str, str], body: Mapping[str, object]) -> Described:
    # Its `webhook_id` names the subscription, not this delivery.
    return Described(topic=str(body.get("event", "")), triggered_at=str(body.get("timestamp", "")))


def _sendcloud(_: Mapping[str, str], body: Mapping[str, object]) -> Described:
    return Described(topic=str(body.get("action", "")), triggered_at=str(body.get("timestamp", "")))


DESCRIBE: Mapping[str, Describe] = {
    "shopify": _shopify,
    "simplyprint": _simplyprint,
    "sendcloud": _sendcloud,
}
"""By the provider's name; the gateway takes the webhooks of these alone."""
