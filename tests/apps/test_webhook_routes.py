"""The gateway takes webhooks where dev/services.yaml says, with the secret and for the owner it says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import signatures
from gateway.settings import Settings
from gateway.webhooks import PROVIDERS
from pydantic import SecretStr

from tests.support.platform import SECRETS, table


def test_the_gateway_and_the_table_agree() -> None:
    settings = cast(Settings, SimpleNamespace(**{name.lower(): SecretStr(name) for name in SECRETS}))
    ours = {
        provider.name: {
            "path": provider.path,
            "to": provider.owner,
            "secrets": [secret.get_secret_value() for secret in provider.secrets(settings)],
        }
        for provider in PROVIDERS
    }
    routes = table()["services"]["gateway"]["webhooks"]
    told = {
        name: {
            "path": route["path"],
            "to": route["to"],
            "secrets": [route["secret"], f"{route['secret']}_PREVIOUS"],
        }
        for name, route in routes.items()
    }
    assert ours == told
    assert set(ours) <= set(signatures.names())


def test_shopify_is_described_by_its_headers_prefixed_or_not() -> None:
    describe = PROVIDERS[0].describe
    expected = ("id-1", "orders/create", "2026-01-01T00:00:00Z")
    for prefix in ("X-Shopify-", "x-shopify-", "shopify-", "Shopify-"):
        names = ("Webhook-Id", "Topic", "Triggered-At")
        headers = {f"{prefix}{name}": value for name, value in zip(names, expected, strict=True)}
        assert describe(headers, {}) == expected


def test_the_others_are_described_by_their_bodies() -> None:
    simplyprint, sendcloud = PROVIDERS[1].describe, PROVIDERS[2].describe
    body = {"webhook_id": 1, "event": "job.done", "timestamp": 5, "data": {}}
    assert simplyprint({}, body) == ("", "job.done", "5")
    assert sendcloud({}, {"action": "parcel_status_changed", "timestamp": 7}) == (
        "",
        "parcel_status_changed",
        "7",
    )
