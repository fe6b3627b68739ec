"""The gateway: who is let in, what is refused, and what the page sees live."""

from __future__ import annotations

import json
import re
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

WEBHOOKS = {
    "shopify": ("/api/v1/webhooks/shopify", "SHOPIFY_CLIENT_SECRET"),
    "simplyprint": ("/webhooks/simplyprint", "SIMPLYPRINT_WEBHOOK_TOKEN"),
    "sendcloud": ("/webhooks/sendcloud", "SENDCLOUD_SECRET_KEY"),
}


@pytest.mark.parametrize("path", ["/api/v1/webhooks/shopify", "/webhooks/simplyprint", "/webhooks/sendcloud"])
def test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored(
    platform: Platform, shop: Shop, path: str
) -> None:
    body = f'{{"id": "{uuid4()}"}}'.encode()
    name = path.rpartition("/")[2]
    for headers in ({}, scheme(name).sign("wrong", body)):
        answer = shop.http.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})
    stored = "SELECT count(*) FROM webhook_receipts WHERE body = %s"
    assert rows(platform.database_url, stored, body) == [(0,)]


def test_a_body_that_is_too_large_is_refused(shop: Shop) -> None:
    body = b" " * (2 * 1024 * 1024 + 1)
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], body)
    headers = {**signature, "X-Shopify-Topic": "orders/create"}
    assert shop.http.post("/api/v1/webhooks/shopify", content=body, headers=headers).status_code == 413


def deep(depth: int) -> bytes:
    return b'{"id": 1, "a":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("provider", ["shopify", "simplyprint", "sendcloud"])
@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[1]",
        b"",
        b"\xff\x00",
        b'{"id": "\\ud800"',
        deep(100_000),
        *(deep(depth) for depth in range(850, 1000, 30)),
    ],
    ids=range(11),
)
def test_what_the_provider_would_only_repeat_is_kept_raw(
    platform: Platform, shop: Shop, provider: str, body: bytes
) -> None:
    """Whatever is signed is stored before it is understood."""
    path, secret = WEBHOOKS[provider]
    body = (
        provider.encode() + body if body == b"no json" else body
    )  # one body is one webhook where ids come from it
    headers = {**scheme(provider).sign(SECRETS[secret], body), "X-Shopify-Topic": "orders/create"}
    answer = shop.http.post(path, content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["status"] in ("kept", "ignored", "stored", "duplicate")
    stored = "SELECT count(*) FROM webhook_receipts WHERE provider = %s AND body = %s"
    assert rows(platform.database_url, stored, provider, body) == [(1,)]


@pytest.mark.parametrize("topic", ["orders/\xe9", "o" * 300, ""])
@pytest.mark.parametrize("webhook_id", ["", "\xe9", "w" * 300])
def test_odd_headers_lose_no_order(shop: Shop, topic: str, webhook_id: str) -> None:
    raw = json.dumps(order("VASE-1")).encode()
    signature = scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], raw)
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": webhook_id and webhook_id + topic,
        **signature,
    }
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = shop.http.post(WEBHOOKS["shopify"][0], content=raw, headers=sent)
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})


def test_what_was_not_understood_is_shown_with_its_body(shop: Shop) -> None:
    raw = b'{"id": "none", "note": "' + str(uuid4()).encode() + b'"}'
    headers = {
        **scheme("shopify").sign(SECRETS["SHOPIFY_CLIENT_SECRET"], raw),
        "X-Shopify-Topic": "orders/create",
    }
    assert shop.http.post(WEBHOOKS["shopify"][0], content=raw, headers=headers).json() == {"status": "kept"}
    listed = shop.http.get("/api/v1/inbox", params={"problem": True}).json()
    newest = listed["webhooks"][0]
    assert (newest["provider"], newest["topic"], newest["problem"]) == (
        "shopify",
        "orders/create",
        "no order's id: id is missing or no number",
    )
    assert listed["problems"] >= 1
    assert shop.http.get(f"/api/v1/inbox/{newest['id']}").json()["body"] == raw.decode()
    assert shop.http.post(f"/api/v1/inbox/{newest['id']}/again").json() == {"status": "kept"}
    assert shop.http.post(f"/api/v1/inbox/{uuid4()}/again").status_code == 404
    assert httpx.get(f"{shop.http.base_url}/api/v1/inbox").status_code == 401


def test_what_a_shop_asked_for_its_customers_is_shown(shop: Shop) -> None:
    body = order("VASE-1")
    shop.post("orders/create", body)
    shop.post(
        "customers/data_request",
        {"shop_domain": "a", "customer": {"id": 5}, "orders_requested": [body["id"]]},
    )
    request = shop.http.get("/api/v1/privacy-requests").json()[0]
    assert (request["topic"], request["order_ids"]) == ("customers/data_request", [str(body["id"])])
    held = shop.http.get(f"/api/v1/privacy-requests/{request['id']}/data").json()
    assert held["addresses"][str(body["id"])]["city"] == "Gent"


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
    expected += ["order-service", "print-service", "shipping-service", "gridflock-service", "provider-sim"]
    assert states == dict.fromkeys(expected, "up")
    for name, service in platform.services.items():
        alive = httpx.get(f"{service.url}/health/live").json()
        assert (alive["status"], alive["service"]) == ("ok", service.name)
        ready = httpx.get(f"{service.url}/health/ready").json()
        assert ready["status"] == "ok"
        assert all({"name", "state", "ms"} <= set(check) for check in ready["checks"])
        needs = set(table()["services"][name]["needs"])
        assert needs <= {check["name"] for check in ready["checks"]}, name


def test_head_is_answered_as_get_is_everywhere(platform: Platform) -> None:
    """As `curl -I` and `wget --spider` ask."""
    for service in platform.services.values():
        described = httpx.get(f"{service.url}/openapi.json").json()["paths"]
        paths = [path for path, methods in described.items() if "get" in methods]
        assert {"/health/live", "/health/ready", "/health/startup"} <= set(paths)
        for path in (*paths, "/docs", "/nowhere"):
            url = service.url + re.sub(r"{\w+}", "00000000-0000-0000-0000-000000000000", path)
            get, head = httpx.get(url), httpx.head(url)
            assert (head.status_code, head.content) == (get.status_code, b""), path
            assert head.headers["content-type"] == get.headers["content-type"], path


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


def test_awkward_requests_are_no_failures_of_the_gateway(platform: Platform, shop: Shop) -> None:
    for status in ("\x00", "\ud800".encode("utf-8", "surrogatepass"), "unheard-of"):
        assert shop.http.get("/api/v1/orders", params={"status": status}).status_code == 422, status
    assert shop.http.get("/api/v1/orders", params={"status": "delivered"}).status_code == 200
    login = {"email": "dev\x00@forma3d.local", "password": "x"}
    assert shop.http.post("/api/v1/auth/login", json=login).status_code in (401, 422)


def test_a_delivered_order_is_not_cancelled_any_more(shop: Shop) -> None:
    bought = shop.buy("VASE-1")
    shop.wait_for(bought, "delivered")
    answer = shop.post("orders/cancelled", order("VASE-1", order_id=int(bought)))
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    found = shop.find(bought)
    assert found is not None
    assert found["status"] == "delivered"


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
