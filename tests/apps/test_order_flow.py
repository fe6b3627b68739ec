"""The whole platform, as processes: a Shopify order is printed, shipped and delivered; or not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from signatures import scheme

from tests.support.platform import SECRETS, Platform
from tests.support.shop import Shop, eventually, order, rows


@pytest.fixture
def stopped_clock(platform: Platform) -> Iterator[httpx.Client]:
    """The simulator, moved by hand."""
    with httpx.Client(base_url=platform["provider-sim"].url) as sim:
        assert sim.post("/sim/clock", json={"paused": True}).json()["paused"] is True
        yield sim
        sim.post("/sim/clock", json={"paused": False})


def prints(found: dict[str, Any]) -> list[str]:
    return [item["print_job"]["status"] for item in found["items"]]


def test_an_order_is_printed_shipped_and_delivered(platform: Platform, shop: Shop) -> None:
    bought = shop.buy("GF-4x3", "VASE-1")
    done = shop.wait_for(bought, "delivered")
    assert prints(done) == ["done", "done"]
    assert done["parcel"]["status"] == "delivered"
    assert done["parcel"]["tracking_number"].startswith("3SSIM")
    assert (done["customer"], done["email"], done["total"]) == ("Ada Byron", "ada@example.com", "49.90")
    alone = shop.http.get(f"/api/v1/orders/{done['id']}").json()
    assert {name: alone[name] for name in done} == done
    assert alone["address"]["city"] == "Gent"
    uploaded = rows(platform.database_url, "SELECT name, length(content) FROM files")
    assert ("baseplate-4x3.stl", 84 + 50 * (12 * 208 + 28)) in uploaded
    assert rows(platform.database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_orders_are_listed_newest_first_and_by_status(shop: Shop) -> None:
    first, second = shop.buy("A-1"), shop.buy("A-2")
    shop.wait_for(first, "delivered")
    shop.wait_for(second, "delivered")
    newest = shop.http.get("/api/v1/orders", params={"limit": 2}).json()["orders"]
    assert [found["shopify_order_id"] for found in newest] == [second, first]
    failed = shop.http.get("/api/v1/orders", params={"status": "received"}).json()["orders"]
    assert second not in [found["shopify_order_id"] for found in failed]
    assert shop.http.get(f"/api/v1/orders/{uuid4()}").status_code == 404


def wait_for_prints(shop: Shop, body: dict[str, Any], states: set[str]) -> dict[str, Any]:
    """The order, once its print jobs have no other states than those."""

    def reached() -> dict[str, Any] | None:
        found = shop.find(str(body["id"]))
        return found if found and set(prints(found)) == states else None

    return eventually(f"all prints are {states}", reached)


def test_a_cancelled_order_prints_nothing_more_and_ships_nothing(
    platform: Platform, shop: Shop, stopped_clock: httpx.Client
) -> None:
    body = order("VASE-1", "VASE-2")
    shop.post("orders/create", body)
    queued = wait_for_prints(shop, body, {"queued"})
    jobs = [int(item["print_job"]["simplyprint_id"]) for item in queued["items"]]
    stopped_clock.post(f"/sim/jobs/{jobs[0]}/start")
    eventually("one prints", lambda: "printing" in prints(shop.find(str(body["id"])) or {"items": []}))
    assert shop.post("orders/cancelled", body).json() == {"status": "stored"}
    cancelled = wait_for_prints(shop, body, {"cancelled"})
    assert (cancelled["status"], cancelled["parcel"]) == ("cancelled", None)
    at_simplyprint = {job["id"]: job["status"] for job in stopped_clock.get("/sim/jobs").json()}
    assert {at_simplyprint[job] for job in jobs} == {"cancelled"}
    job = cancelled["items"][0]["print_job"]["id"]
    assert shop.http.post(f"/api/v1/print-jobs/{job}/retry").status_code == 409


def test_a_cancellation_that_overtakes_its_order_wins(shop: Shop) -> None:
    body = order("VASE-1")
    assert shop.post("orders/cancelled", body).json() == {"status": "stored"}
    assert shop.post("orders/create", body).json() == {"status": "stored"}
    found = shop.find(str(body["id"]))
    assert found is not None
    assert (found["status"], prints(found)) == ("cancelled", ["cancelled"])


def test_a_failed_print_is_shown_and_printed_again(shop: Shop, stopped_clock: httpx.Client) -> None:
    bought = shop.buy("VASE-1")

    def simplyprint_id() -> str | None:
        found = shop.find(bought)
        value: str | None = found["items"][0]["print_job"]["simplyprint_id"] if found else None
        return value

    first = eventually("the print is queued", simplyprint_id)
    stopped_clock.post(f"/sim/jobs/{first}/fail")
    failed = shop.wait_for(bought, "failed")["items"][0]["print_job"]
    assert (failed["status"], failed["error"]) == ("failed", "the print came off the bed")
    assert stopped_clock.post(f"/sim/jobs/{first}/done").status_code == 409
    assert shop.http.post(f"/api/v1/print-jobs/{failed['id']}/retry").status_code == 202
    second = eventually("it is queued again", lambda: (i := simplyprint_id()) and i != first and i)
    assert shop.http.post(f"/api/v1/print-jobs/{failed['id']}/retry").status_code == 409
    stopped_clock.post(f"/sim/jobs/{second}/done")
    stopped_clock.post("/sim/clock", json={"paused": False})
    assert shop.wait_for(bought, "delivered")["items"][0]["print_job"]["error"] is None


def test_what_simplyprint_does_not_have_fails_with_a_reason(shop: Shop) -> None:
    found = shop.wait_for(shop.buy("MISSING-1"), "failed")
    assert found["items"][0]["print_job"]["error"] == "SimplyPrint has no file named MISSING-1"


def test_a_baseplate_that_is_too_large_fails_and_can_be_tried_again(shop: Shop) -> None:
    found = shop.wait_for(shop.buy("GF-30x30"), "failed")
    job = found["items"][0]["print_job"]
    assert job["error"] == "30 x 30 is 900 cells; at most 400 are made"
    assert shop.http.post(f"/api/v1/print-jobs/{job['id']}/retry").status_code == 202
    shop.wait_for(found["shopify_order_id"], "failed")
    assert shop.http.post(f"/api/v1/print-jobs/{uuid4()}/retry").status_code == 404


def test_a_duplicate_is_stored_once(platform: Platform, shop: Shop) -> None:
    body = order("VASE-1")
    assert shop.post("orders/create", body, "same-id").json() == {"status": "stored"}
    assert shop.post("orders/create", body, "same-id").json() == {"status": "duplicate"}
    assert shop.post("orders/create", body, "another-id").json() == {"status": "stored"}
    assert shop.post("orders/paid", body).json() == {"status": "stored"}
    assert count(platform, body) == (1, 1)


def test_twenty_duplicates_at_once_are_stored_once(platform: Platform, shop: Shop) -> None:
    body = order("VASE-1", "VASE-2")
    with ThreadPoolExecutor(20) as pool:
        same = [pool.submit(shop.post, "orders/create", body, "at-once") for _ in range(10)]
        other = [pool.submit(shop.post, "orders/create", body, f"at-once-{n}") for n in range(10)]
        answers = [future.result() for future in (*same, *other)]
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["status"] for answer in answers) == ["duplicate"] * 9 + ["stored"] * 11
    assert count(platform, body) == (1, 2)


def count(platform: Platform, body: dict[str, Any]) -> tuple[int, int]:
    """How many orders and items there are for it."""
    query = (
        "SELECT count(DISTINCT o.id), count(i.id) FROM orders o JOIN order_items i ON i.order_id = o.id"
        " WHERE shopify_order_id = %s"
    )
    orders, items = rows(platform.database_url, query, str(body["id"]))[0]
    return orders, items


def test_late_and_repeated_webhooks_change_nothing(platform: Platform, shop: Shop) -> None:
    done = shop.wait_for(shop.buy("VASE-1"), "delivered")
    job = int(done["items"][0]["print_job"]["simplyprint_id"])
    late = f'{{"webhook_id": 1, "event": "job.started", "timestamp": 1, "data": {{"job": {{"id": {job}}}}}}}'
    signature = scheme("simplyprint").sign(SECRETS["SIMPLYPRINT_WEBHOOK_TOKEN"], b"")
    for expected in ("stored", "duplicate"):
        answer = shop.http.post("/webhooks/simplyprint", content=late, headers=signature)
        assert answer.json() == {"status": expected}
    parcel = rows(platform.database_url, "SELECT sendcloud_id FROM parcels WHERE order_id = %s", done["id"])
    about = f'{{"id": {parcel[0][0]}, "status": {{"id": 3}}}}'
    old = f'{{"action": "parcel_status_changed", "timestamp": 1, "parcel": {about}}}'
    signature = scheme("sendcloud").sign(SECRETS["SENDCLOUD_SECRET_KEY"], old.encode())
    assert shop.http.post("/webhooks/sendcloud", content=old, headers=signature).json() == {
        "status": "stored"
    }
    assert shop.find(done["shopify_order_id"]) == done
