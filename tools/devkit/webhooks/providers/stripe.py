"""Stripe: an event `{id, object: event, type, created, data: {object}}`.

https://docs.stripe.com/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider
from devkit.webhooks.renewal import Renewal, objects, rewrite
from devkit.webhooks.spelling import SPELLINGS

__all__ = ["STRIPE"]

# What comes into being with the event; `cus_`, `prod_` and `price_` are there before it.
_ID = re.compile(r"(ch|pi|pm|cs_test|cs_live|in|il|sub|si|txn|re|req)_[0-9A-Za-z]{8,}")
_TIME = re.compile(r"(^created|^start|^end|_at|_start|_end|_date|_anchor)$")
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOPICS = [
    "account.updated",
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.created",
    "customer.deleted",
    "customer.updated",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.upcoming",
    "invoice.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "payout.created",
    "payout.failed",
    "payout.paid",
    "price.created",
    "price.updated",
    "product.created",
    "product.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "setup_intent.canceled",
    "setup_intent.created",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
]


def _headers(_topic: str, _moment: GenerationContext) -> Mapping[str, str]:
    return {
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    """A new event that happens now, about a new object, which is the same one in every topic for the same seed. The customer
    and what is sold stay."""
    now, created = int(moment.now.timestamp()), payload.get("created")
    by = now - created if type(created) is int else 0
    renewal = Renewal(moment)
    old = {
        id for each in objects(payload) for id in each.values() if isinstance(id, str) and _ID.fullmatch(id)
    }
    tokens = {id: _new(renewal, id) for id in old}
    fresh = rewrite(_later(payload, by), {}, tokens)
    id = "evt_1" + "".join(moment.random.choices(_LETTERS, k=23))
    return {**fresh, "id": id, "type": topic, "created": now}


def _new(renewal: Renewal, id: str) -> str:
    kind, _, rest = id.rpartition("_")
    return f"{kind}_{renewal.digits(rest, _LETTERS)}"


def _later(tree: Any, by: int) -> Any:
    """The tree with every time in it that many seconds later."""
    if isinstance(tree, dict):
        return {
            key: value + by if _TIME.search(key) and type(value) is int else _later(value, by)
            for key, value in tree.items()
        }
    return [_later(value, by) for value in tree] if isinstance(tree, list) else tree


STRIPE = Provider(
    "stripe",
    scheme("stripe"),
    _headers,
    _freshen,
    lambda _, payload: str(payload.get("type", "")),
    topics=tuple(_TOPICS),
    spelling=SPELLINGS["indented-open"],
    timeout=10.0,
    # For up to three days, ever more slowly; Stripe does not say at which times.
    retries=(300, 1800, 7200, 18_000, 36_000, 36_000, 36_000, 36_000, 36_000),
)
