"""The gateway: who is let in, what is refused, and what the page sees live."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from signatures import scheme
from websockets.exceptions import InvalidStatus

from tests.support.live import Refused, events, listening
from tests.support.platform import SECRETS, Platform, table
from tests.support.shop import Shop, order, rows

PARCEL = {"id": 5, "status": {"id": 1, "message": "Ready to send"}}


@pytest.mark.parametrize("path", ["/api/v1/webhooks/shopify", "/webhooks/simplyprint", "/webhooks/sendcloud"])
def test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored(
    platform: Platform, shop: Shop, path: str
) -> None:
    body = f'{{"id": "{uuid4()}"}}'.encode()
    name = path.rpartition("/")[2]
    for headers in ({}, scheme(name).sign("wrong", body)):
        answer = shop.http.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})
    stored = "SELECT count(*) FROM webhook_receipts WHERE payload = %s::jsonb"
    assert rows(platform.database_url, stored, body.decode()) == [(0,)]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"no json", 400), (b"[1]", 400), (b"{}", 422), (b" " * (2 * 1024 * 1024 + 1), 413)],
    ids=["text", "list", "no-order", "too-large"],
)
def test_a_bad_body_is_refused(shop: Shop, body: bytes, code: int) -> None:
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], body)
    headers = {**signature, "X-Shopify-Topic": "orders/create"}
    assert shop.http.post("/api/v1/webhooks/shopify", content=body, headers=headers).status_code == code


def test_a_topic_nobody_cares_for_is_ignored(shop: Shop) -> None:
    assert shop.post("products/update", {"id": 1}).json() == {"status": "ignored"}


def test_the_page_is_told_of_every_change(platform: Platform, shop: Shop) -> None:
    mine: list[dict[str, Any]] = []
    gateway = platform["gateway"]
    cookie = shop.http.cookies["forma3d_session"]
    with listening(gateway.url, cookie, origin=gateway.env["WEB_URL"]) as page:
        bought = shop.buy("GF-2x2")
        for name, found in events(page):
            assert name == "order.updated"
            if found["shopify_order_id"] == bought:
                mine.append(found)
                if found["status"] == "delivered":
                    break
    steps = ["received", "printing", "printed", "shipping", "delivered"]
    states = [steps.index(found["status"]) for found in mine]
    assert states == sorted(states), "the page saw the order go back"
    assert {"printing", "shipping"} <= {found["status"] for found in mine}
    changes = [found["updated_at"] for found in mine]
    assert changes == sorted(changes)
    assert mine[-1] == shop.find(bought)


def test_nobody_listens_without_a_session_or_from_another_page(platform: Platform, shop: Shop) -> None:
    gateway = platform["gateway"].url
    with pytest.raises(Refused, match="not signed in"), listening(gateway, "forged.value"):
        pass
    cookie = shop.http.cookies["forma3d_session"]
    with pytest.raises(InvalidStatus), listening(gateway, cookie, origin="https://evil.example.com"):
        pass


def test_the_api_needs_a_session_and_logout_ends_it(platform: Platform) -> None:
    with httpx.Client(base_url=platform["gateway"].url) as stranger:
        for method, path in [
            ("GET", "/api/v1/orders"),
            ("GET", f"/api/v1/orders/{uuid4()}"),
            ("POST", f"/api/v1/print-jobs/{uuid4()}/retry"),
            ("POST", "/api/v1/baseplates"),
            ("GET", "/api/v1/auth/me"),
        ]:
            assert stranger.request(method, path).status_code == 401, path
        wrong = {"email": "dev@forma3d.local", "password": "wrong"}
        assert stranger.post("/api/v1/auth/login", json=wrong).status_code == 401
        wrong["email"] = "nobody@forma3d.local"
        assert stranger.post("/api/v1/auth/login", json=wrong).status_code == 401
    shop = Shop(platform["gateway"].url)
    shop.sign_in()
    assert shop.http.get("/api/v1/auth/me").json() == {"email": "dev@forma3d.local"}
    kept = shop.http.cookies["forma3d_session"]
    assert shop.http.post("/api/v1/auth/logout").status_code == 204
    again = httpx.get(f"{platform['gateway'].url}/api/v1/auth/me", cookies={"forma3d_session": kept})
    assert again.status_code == 401


def test_a_baseplate_is_made_for_the_page(shop: Shop) -> None:
    answer = shop.http.post("/api/v1/baseplates", json={"columns": 2, "rows": 1, "height_mm": 5})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "model/stl")
    assert len(answer.content) == 84 + 50 * (2 * 208 + 12)
    for wrong in ({"columns": 21, "rows": 20}, {"columns": 0, "rows": 1}, {"rows": 1}):
        assert shop.http.post("/api/v1/baseplates", json=wrong).status_code == 422, wrong


def test_health_of_the_whole_platform(platform: Platform) -> None:
    answer = httpx.get(f"{platform['gateway'].url}/api/v1/platform/health").json()
    assert answer["status"] == "ok"
    states = {service["name"]: service["state"] for service in answer["services"]}
    expected = ["gateway", "postgres", "redis"]
    expected += ["order-service", "print-service", "shipping-service", "gridflock-service"]
    assert states == dict.fromkeys(expected, "up")
    for name, service in platform.services.items():
        alive = httpx.get(f"{service.url}/health/live").json()
        assert (alive["status"], alive["service"]) == ("ok", service.name)
        ready = httpx.get(f"{service.url}/health/ready").json()
        assert ready["status"] == "ok"
        assert all({"name", "state", "ms"} <= set(check) for check in ready["checks"])
        needs = set(table()["services"][name]["needs"])
        assert needs <= {check["name"] for check in ready["checks"]}, name


def test_services_take_calls_from_the_gateway_only(platform: Platform) -> None:
    for name, path in [
        ("order-service", "/internal/orders"),
        ("print-service", "/internal/webhooks/simplyprint"),
        ("shipping-service", "/internal/webhooks/sendcloud"),
        ("gridflock-service", "/internal/baseplates"),
    ]:
        method = "GET" if path.endswith("orders") else "POST"
        for headers in ({}, {"X-Internal-Api-Key": "wrong"}):
            answer = httpx.request(method, platform[name].url + path, headers=headers, json={})
            assert answer.status_code == 401, name


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(platform: Platform) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    for path in ("/api/v1/webhooks/shopify", "/api/v1/auth/login"):
        assert httpx.post(platform["gateway"].url + path, content=endless()).status_code == 413


def test_the_other_spellings_of_signature_and_headers_are_taken(platform: Platform, shop: Shop) -> None:
    raw = json.dumps(order("VASE-1")).encode()
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], raw)["X-Shopify-Hmac-Sha256"]
    headers = {
        "shopify-hmac-sha256": signature,
        "shopify-topic": "orders/create",
        "shopify-webhook-id": "new",
    }
    answer = shop.http.post("/api/v1/webhooks/shopify", content=raw, headers=headers)
    assert answer.json() == {"status": "stored"}
    token = {"X-SP-Token": SECRETS["SIMPLYPRINT_WEBHOOK_TOKEN"]}
    body = {"webhook_id": 1, "event": "printer.online", "timestamp": 1, "data": {}}
    answer = shop.http.post("/webhooks/simplyprint", json=body, headers=token)
    assert answer.json() == {"status": "ignored"}


@pytest.mark.parametrize("awkward", ["a\x00b", "\ud800"])
def test_what_cannot_be_stored_is_refused_for_good(platform: Platform, shop: Shop, awkward: str) -> None:
    body = order("VASE-1") | {"name": awkward, "note": awkward}
    assert shop.post("orders/create", body).status_code == 422
    assert shop.find(str(body["id"])) is None


def test_awkward_requests_are_no_failures_of_the_gateway(platform: Platform, shop: Shop) -> None:
    for status in ("\x00", "\ud800".encode("utf-8", "surrogatepass"), "unheard-of"):
        assert shop.http.get("/api/v1/orders", params={"status": status}).status_code == 422, status
    assert shop.http.get("/api/v1/orders", params={"status": "delivered"}).status_code == 200
    login = {"email": "dev\x00@forma3d.local", "password": "x"}
    assert shop.http.post("/api/v1/auth/login", json=login).status_code in (401, 422)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {"X-Shopify-Topic": "orders/create"}),
        (b"{}", {"X-Shopify-Topic": "orders/\xe9"}),
        (b"{}", {"X-Shopify-Topic": "o" * 300}),
    ],
    ids=["deep", "not ASCII", "long"],
)
def test_malformed_webhooks_are_refused(shop: Shop, body: bytes, headers: dict[str, str]) -> None:
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], body)
    sent = [(name.encode(), value.encode("latin-1")) for name, value in {**headers, **signature}.items()]
    answer = shop.http.post("/api/v1/webhooks/shopify", content=body, headers=sent)
    assert answer.status_code == 400


def test_a_delivered_order_is_not_cancelled_any_more(shop: Shop) -> None:
    bought = shop.buy("VASE-1")
    shop.wait_for(bought, "delivered")
    answer = shop.post("orders/cancelled", order("VASE-1", order_id=int(bought)))
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
    found = shop.find(bought)
    assert found is not None
    assert found["status"] == "delivered"


@pytest.mark.parametrize(
    ("provider", "secret", "body"),
    [
        ("simplyprint", "SIMPLYPRINT_WEBHOOK_TOKEN", {"event": "job.done", "data": {"job": {"id": 5}}}),
        ("sendcloud", "SENDCLOUD_SECRET_KEY", {"action": "parcel_status_changed", "parcel": PARCEL}),
    ],
)
def test_awkward_webhooks_of_the_others_are_refused_for_good(
    platform: Platform, shop: Shop, provider: str, secret: str, body: dict[str, Any]
) -> None:
    topic = next(iter(body))
    bad = {
        400: [{**body, topic: "\u00e9"}, {**body, topic: "x" * 256}, {**body, "timestamp": "\u00e9"}],
        422: [{**body, "note": "a\x00b"}, {**body, "note": "\ud800"}],
    }
    for code, bodies in bad.items():
        for found in bodies:
            raw = json.dumps(found).encode()
            signature = scheme(provider).sign(SECRETS[secret], raw)
            answer = shop.http.post(f"/webhooks/{provider}", content=raw, headers=signature)
            assert answer.status_code == code, raw


@pytest.mark.parametrize("depth", [400, 700, 800, *range(850, 1000, 10)])
def test_a_body_is_never_too_deep_for_its_owner_alone(shop: Shop, depth: int) -> None:
    """What the gateway can still read, the owner must store or refuse: a 503 would be repeated for hours."""
    plain = json.dumps(order("VASE-1")).encode()
    raw = plain[:-1] + b', "note": ' + b"[" * depth + b"]" * depth + b"}"
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], raw)
    headers = {**signature, "X-Shopify-Topic": "orders/create"}
    answer = shop.http.post("/api/v1/webhooks/shopify", content=raw, headers=headers)
    assert answer.status_code in (200, 400, 422)


def test_another_page_cannot_sign_anyone_in_or_out(platform: Platform) -> None:
    gateway = platform["gateway"]
    credentials = {"email": "dev@forma3d.local", "password": SECRETS["LOGIN_PASSWORD"]}
    with httpx.Client(base_url=gateway.url) as visitor:
        for path in ("login", "dev-login", "logout"):
            for origin in ("https://evil.example.com", "null", ""):
                headers = {"Origin": origin}
                answer = visitor.post(f"/api/v1/auth/{path}", json=credentials, headers=headers)
                assert (answer.status_code, dict(visitor.cookies)) == (403, {}), (path, origin)
        own = {"Origin": gateway.env["WEB_URL"]}
        assert visitor.post("/api/v1/auth/login", json=credentials, headers=own).status_code == 200
        assert visitor.post("/api/v1/auth/logout", headers=own).status_code == 204


def test_nothing_awkward_left_a_traceback(platform: Platform) -> None:
    for service in platform.services.values():
        assert "Traceback" not in service.output(), service.name
