"""A delivery is provable as it is, and refused once it is tampered with; as curl it is the same request."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
from datetime import UTC, datetime
from random import Random
from urllib.parse import parse_qsl

import pytest
import svix
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.delivery import Delivery, Tamper, as_curl, build
from devkit.webhooks.provider import GenerationContext
from devkit.webhooks.providers import providers
from devkit.webhooks.spelling import COMPACT
from hypothesis import given
from hypothesis import strategies as st
from signatures import scheme

from tests.support.receivers import http_receiver

SECRET = "a secret with ü and spaces"
# Standard Webhooks' secrets are bytes in base64.
STANDARD = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
PROVIDERS = pytest.mark.parametrize("provider", providers(), ids=lambda provider: provider.name)
NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
BODY = COMPACT.encode({"id": 9007199254740993, "note": "für 5 °C", "lines": [{"price": "1.00"}]})


def secret_of(name: str) -> str:
    return STANDARD if name == "standard-webhooks" else SECRET


def made(
    name: str, body: bytes = BODY, *, style: str = "", form: bool = False, tamper: Tamper | None = None
) -> Delivery:
    (provider,) = [each for each in providers() if each.name == name]
    moment = GenerationContext(NOW, Random(1))
    return build(
        provider,
        "a/topic",
        body,
        moment,
        url="http://127.0.0.1:9/",
        secret=secret_of(name),
        style=style,
        form=form,
        tamper=tamper,
    )


def holds(name: str, delivery: Delivery) -> bool:
    (provider,) = [each for each in providers() if each.name == name]
    return provider.scheme.verify(secret_of(name), delivery.body, delivery.all_headers, now=NOW.timestamp())


@PROVIDERS
def test_as_it_is_it_holds(provider: object) -> None:
    name = provider.name  # type: ignore[attr-defined]
    delivery = made(name)
    assert holds(name, delivery)
    assert not set(delivery.headers) & set(delivery.signature)
    assert delivery.all_headers["Content-Type"].startswith("application/json")


@PROVIDERS
@pytest.mark.parametrize("tamper", Tamper)
def test_tampered_with_it_does_not(provider: object, tamper: Tamper) -> None:
    name = provider.name  # type: ignore[attr-defined]
    delivery = made(name, tamper=tamper)
    # SimplyPrint's secret says who sends, not what: its body can be anything.
    assert holds(name, delivery) is (name == "simplyprint" and tamper is Tamper.BODY)
    assert json.loads(delivery.body), "it stays JSON, so that nothing but the signature refuses it"
    assert (delivery.signature == {}) is (tamper is Tamper.HEADER)


def test_shopifys_plain_headers() -> None:
    prefixed, plain = made("shopify"), made("shopify", style="plain")
    assert {name.lower() for name in plain.all_headers} == {
        name.lower().removeprefix("x-") for name in prefixed.all_headers
    }
    assert "shopify-hmac-sha256" in plain.signature
    assert holds("shopify", plain)


def test_svixs_headers() -> None:
    signed = made("standard-webhooks", style="svix")
    assert set(signed.signature) == {"svix-id", "svix-timestamp", "svix-signature"}
    assert holds("standard-webhooks", signed)
    svix.Webhook(STANDARD).verify(signed.body, at_once(signed, "standard-webhooks", "svix"))
    mixed = {**signed.signature, "webhook-signature": "v1,AAAA"}
    assert not scheme("standard-webhooks").verify(STANDARD, signed.body, mixed, now=NOW.timestamp())


def at_once(delivery: Delivery, name: str, style: str) -> dict[str, str]:
    """The headers that sign the same body now, for a library that looks at the clock."""
    (provider,) = [each for each in providers() if each.name == name]
    moment = GenerationContext(datetime.now(UTC), Random(1))
    again = build(
        provider, "a/topic", delivery.body, moment, url="http://x/", secret=secret_of(name), style=style
    )
    return dict(again.signature)


@pytest.mark.parametrize("tamper", [None, *Tamper])
def test_githubs_form(tamper: Tamper | None) -> None:
    sent = made("github", form=True, tamper=tamper)
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(dict(parse_qsl(sent.body.decode()))["payload"]) == json.loads(BODY)
    assert holds("github", sent) is (tamper is None)


def test_githubs_two_signatures() -> None:
    sent = made("github")
    digest = hmac.new(SECRET.encode(), BODY, "sha1").hexdigest()
    assert sent.signature["X-Hub-Signature"] == f"sha1={digest}"
    assert not scheme("github").verify(SECRET, BODY, {"X-Hub-Signature": f"sha1={digest}"})
    tampered = made("github", tamper=Tamper.SIGNATURE)
    assert all(tampered.signature[name] != value for name, value in sent.signature.items())


def test_the_secret_itself_is_marked() -> None:
    assert made("simplyprint").secret_headers == {"X-SP-Secret"}
    assert made("shopify").secret_headers == set()
    assert SECRET not in as_curl(made("simplyprint"), "TOKEN")
    assert '"X-SP-Secret: $TOKEN"' in as_curl(made("simplyprint"), "TOKEN")


@pytest.mark.parametrize(
    "body", [BODY, b'{"it\'s": "a $(quote) `here` \\\\ \\n"}', b"\xff\x00not text'", b"@file"]
)
@pytest.mark.parametrize("name", ["shopify", "simplyprint"])
def test_curl_sends_the_same_bytes(name: str, body: bytes) -> None:
    with http_receiver() as receiver:
        delivery = made(name, body)
        command = as_curl(delivery, "TOKEN").replace("http://127.0.0.1:9/", f"{receiver.url}/hook")
        subprocess.run(
            ["bash", "-c", f"{command} --silent --fail --noproxy '*'"], env={"PATH": "/usr/bin:/bin", "TOKEN": SECRET}, check=True
        )  # fmt: skip
        (call,) = receiver.calls
    assert (call.method, call.path) == ("POST", "/hook")
    assert call.body == body
    for header, value in delivery.all_headers.items():
        assert (
            call.headers[header.lower()].encode("latin-1") == value.encode()
            or call.headers[header.lower()] == value
        )


@given(
    times=st.integers(1, 20), duplicate=st.integers(0, 3), mixed=st.booleans(), seed=st.none() | st.integers()
)
def test_a_batch(times: int, duplicate: int, mixed: bool, seed: int | None) -> None:
    (provider,) = [each for each in providers() if each.name == "shopify"]
    batch = Batch(
        provider, "orders/create", {"id": 1, "line_items": [{"id": 2}]}, "http://127.0.0.1:9/", "s",
        times=times, duplicate=duplicate, out_of_order=mixed, seed=seed,
    )  # fmt: skip
    sent = list(deliveries(batch))
    assert len(sent) == batch.total == times * (1 + duplicate)
    by_id: dict[str, set[bytes]] = {}
    for delivery in sent:
        by_id.setdefault(delivery.headers["X-Shopify-Webhook-Id"], set()).add(delivery.body)
    assert len(by_id) == times, "every delivery has an id of its own"
    assert all(len(bodies) == 1 for bodies in by_id.values()), "a duplicate is the same, byte for byte"
    happened = [delivery.headers["X-Shopify-Triggered-At"] for delivery in sent]
    if not mixed:
        assert happened == sorted(happened)
    if seed is not None:
        again = [json.loads(delivery.body)["id"] for delivery in deliveries(batch)]
        assert again == [json.loads(delivery.body)["id"] for delivery in sent]


def test_out_of_order_is_another_order() -> None:
    (provider,) = [each for each in providers() if each.name == "shopify"]
    batch = Batch(provider, "orders/create", {"id": 1}, "http://x/", "s", times=20, out_of_order=True, seed=5)
    happened = [delivery.headers["X-Shopify-Triggered-At"] for delivery in deliveries(batch)]
    assert happened != sorted(happened)
    assert len(set(happened)) == 20
