"""What to check when nothing explains a signature: what people got wrong at that provider, by their reports."""

from __future__ import annotations

from devkit.webhooks.mistakes.model import ReceivedRequest

__all__ = ["checklist"]

_OF: dict[str, str] = {
    "shopify": "the secret is the client secret of the app that registered the webhook, not its API key; for one made in the shop's admin, the key shown under Notifications",
    "stripe": "each endpoint has its own `whsec_…`, test and live mode have different ones, and `stripe listen` prints one of its own",
    "github": "the secret is the one entered at this webhook, of this repository, organization or app; GitHub shows it only while it is entered",
    "standard-webhooks": "each endpoint has its own `whsec_…`; it is base64, and decoded before it is used as the key",
    "sendcloud": "the secret is the secret key of the integration whose webhook this is, or its webhook signature key; never the public key",
}


def checklist(request: ReceivedRequest) -> list[str]:
    """What to look at, the likelier first."""
    own = [_OF[request.provider]] if request.provider in _OF else []
    return [
        f"compare {request.secret_name} with what the provider has" + (f" ({own[0]})" if own else ""),
        "capture the raw body with ./devkit webhook listen, and compare its length with the provider's log",
    ]
