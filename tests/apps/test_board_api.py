"""The board over the API: what the page asks for and does, with all services there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.support.platform import Platform
from tests.support.shop import Shop, eventually, execute, order


def bought(shop: Shop, number: str, **changes: Any) -> dict[str, Any]:
    """An order that was put in, as the API shows it."""
    body = order("VASE-1") | {"name": number} | changes
    assert shop.post("orders/create", body).json() == {"status": "stored"}
    found = shop.find(str(body["id"]))
    assert found is not None
    return found


def test_the_board_counts_pages_and_finds(shop: Shop) -> None:
    held = bought(shop, "#B1", shipping_address=None)
    board = shop.http.get("/api/v1/board", params={"limit": 5, "q": "#B1"}).json()
    assert board["lanes"]["person"] == 1
    assert [one["id"] for one in board["pages"]["person"]["orders"]] == [held["id"]]
    assert shop.http.get("/api/v1/lanes", params={"q": "#B1"}).json() == board["lanes"]
    listed = shop.http.get("/api/v1/orders", params={"lane": "person", "q": "#B1"}).json()
    assert (len(listed["orders"]), listed["next"]) == (1, None)
    for wrong in ({"lane": "x"}, {"status": "x"}, {"after": "x"}, {"limit": 0}):
        assert shop.http.get("/api/v1/orders", params=wrong).status_code == 422, wrong


def test_an_order_has_a_page_with_all_that_came_for_it(shop: Shop) -> None:
    done = shop.wait_for(bought(shop, "#B2")["shopify_order_id"], "delivered")
    alone = shop.http.get(f"/api/v1/orders/{done['id']}").json()
    assert alone["address"]["address"] == "Kerkstraat 1"

    def came() -> list[dict[str, Any]] | None:
        found = shop.http.get(f"/api/v1/orders/{done['id']}/webhooks").json()["webhooks"]
        return (
            found if {one["provider"] for one in found} == {"shopify", "simplyprint", "sendcloud"} else None
        )

    webhooks = eventually("all three are listed", came)
    body = shop.http.get(f"/api/v1/inbox/{webhooks[-1]['id']}").json()
    assert (body["provider"], "Kerkstraat 1" in body["body"]) == ("shopify", True)


def test_a_person_gives_an_address_and_it_is_delivered(shop: Shop) -> None:
    held = bought(shop, "#B3", shipping_address=None)
    there = {
        "name": "Ada",
        "address": "Meir",
        "house_number": "1",
        "city": "Antwerpen",
        "postal_code": "2000",
        "country": "be",
    }
    path = f"/api/v1/orders/{held['id']}"
    assert shop.http.post(f"{path}/address", json=there | {"city": ""}).status_code == 422
    assert shop.http.post(f"{path}/address", json=there).json()["waits"] is None
    shop.wait_for(held["shopify_order_id"], "delivered")
    assert shop.http.post(f"{path}/cancel").status_code == 409


def test_what_the_carrier_refused_is_sent_again_elsewhere(shop: Shop) -> None:
    nowhere = order()["shipping_address"] | {"country_code": "XX"}
    refused = shop.wait_for(bought(shop, "#B4", shipping_address=nowhere)["shopify_order_id"], "failed")
    assert (refused["lane"], "XX" in refused["parcel"]["error"]) == ("person", True)
    path = f"/api/v1/orders/{refused['id']}"
    assert shop.http.post(f"{path}/parcel").status_code == 200
    there = {
        "name": "Ada",
        "address": "Meir",
        "house_number": "1",
        "city": "Antwerpen",
        "postal_code": "2000",
        "country": "BE",
    }
    assert shop.http.post(f"{path}/address", json=there).status_code == 200
    shop.wait_for(refused["shopify_order_id"], "delivered")


def test_a_person_cancels_an_order(shop: Shop) -> None:
    held = bought(shop, "#B5", financial_status="pending")
    cancelled = shop.http.post(f"/api/v1/orders/{held['id']}/cancel").json()
    assert (cancelled["status"], cancelled["lane"]) == ("cancelled", "stopped")


def test_the_simulator_is_steered_by_who_is_signed_in(platform: Platform, shop: Shop) -> None:
    url = f"{platform['gateway'].url}/api/v1/simulator/clock"
    assert httpx.get(url).status_code == 401
    before = shop.http.get("/api/v1/simulator/clock").json()["speed"]
    assert shop.http.post("/api/v1/simulator/clock", json={"paused": True}).json()["paused"] is True
    placed = shop.http.post("/api/v1/simulator/orders", json={"seed": 3}).json()

    def queued() -> str | None:
        found = shop.find(placed["shopify_order_id"])
        return next((item["print_job"]["simplyprint_id"] for item in found["items"]), None) if found else None

    job = eventually("a print is queued", queued)
    assert shop.http.post(f"/api/v1/simulator/jobs/{job}/fail").json()["status"] == "failed"
    assert shop.wait_for(placed["shopify_order_id"], "failed")["lane"] == "person"
    assert shop.http.post("/api/v1/simulator/clock", json={"paused": False}).json()["speed"] == before
    assert shop.http.post("/api/v1/simulator/jobs/1/fail").status_code == 404


def test_a_job_that_failed_for_good_is_seen_and_done_again_or_given_up(
    platform: Platform, shop: Shop
) -> None:
    url = platform.database_url
    execute(url, "SELECT operations.pause('print-service')")
    orders = [bought(shop, "#B6"), bought(shop, "#B7")]
    execute(
        url,
        "UPDATE procrastinate_jobs SET status = 'failed', attempts = 25 WHERE queue_name = 'print-service'",
    )
    execute(
        url,
        "INSERT INTO job_errors (job_id, error, at) SELECT id, 'SimplyPrint answers 503', now() FROM procrastinate_jobs",
    )
    found = shop.http.get("/api/v1/jobs").json()
    assert found["dead"] == 2
    again, given_up = found["jobs"]
    assert (again["order_number"], again["state"], again["error"]) == (
        "#B6",
        "dead",
        "SimplyPrint answers 503",
    )
    assert shop.http.post(f"/api/v1/jobs/{again['id']}/retry").json() == {"status": "waiting"}
    assert shop.http.post(f"/api/v1/jobs/{given_up['id']}/drop").json() == {"status": "dropped"}
    assert shop.http.post(f"/api/v1/jobs/{given_up['id']}/retry").status_code == 409
    assert httpx.post(f"{platform['gateway'].url}/api/v1/jobs/{again['id']}/drop").status_code == 401
    execute(url, "SELECT operations.resume('print-service')")
    shop.wait_for(orders[0]["shopify_order_id"], "delivered")
    told = shop.http.get(f"/api/v1/orders/{orders[0]['id']}/journal").json()
    assert told["jobs"] == []
    lines = [(line["service"], line["what"]) for line in reversed(told["entries"])]
    assert lines[0] == ("order-service", "webhook taken")
    assert ("print-service", "job asked for again") in lines
    assert lines[-1] == ("order-service", "order delivered")
    dropped = shop.http.get(f"/api/v1/orders/{orders[1]['id']}/journal").json()["entries"][0]
    assert (dropped["what"], dropped["detail"], dropped["cause"]) == (
        "job dropped",
        "create_print_job",
        "a person",
    )
    assert shop.http.get(f"/api/v1/orders/{UUID(int=0)}/journal").status_code == 404
