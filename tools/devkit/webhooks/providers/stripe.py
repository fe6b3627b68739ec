"""Stripe: an event `{id, object: event, type, created, data: {object}}`.

https://docs.stripe.com/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["STRIPE"]

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
    """A new event about the same object."""
    id = "evt_1" + "".join(moment.random.choices(_LETTERS, k=23))
    return {**payload, "id": id, "type": topic, "created": int(moment.now.timestamp())}


STRIPE = Provider(
    "stripe",
    scheme("stripe"),
    _headers,
    _freshen,
    lambda _, payload: str(payload.get("type", "")),
    topics=tuple(_TOPICS),
    timeout=10.0,
    # For up to three days, ever more slowly; Stripe does not say at which times.
    retries=(300, 1800, 7200, 18_000, 36_000, 36_000, 36_000, 36_000, 36_000),
)
