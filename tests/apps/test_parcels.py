"""shipping-service reads what the real Sendcloud sends: nulls, ids of any size, statuses that nobody knows, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from signatures import scheme

from tests.support.platform import SECRETS, Platform
from tests.support.shop import Shop, eventually, order, rows
from tests.support.simulator import AUTH


@pytest.fixture
def sim(platform: Platform) -> Iterator[httpx.Client]:
    """The simulator, moved by hand."""
    with httpx.Client(base_url=platform["provider-sim"].url) as client:
        client.post("/sim/clock", json={"paused": True})
        yield client
        client.post("/sim/clock", json={"paused": False})


def printed(platform: Platform, shop: Shop, sim: httpx.Client, **address: Any) -> str:
    """An order whose prints are done; the id that Shopify has for it."""
    body = order("VASE-1")
    body["shipping_address"] |= address
    assert shop.post("orders/create", body).json() == {"status": "stored"}
    bought = str(body["id"])

    def job() -> str | None:
        found = shop.find(bought)
        number: str | None = found["items"][0]["print_job"]["simplyprint_id"] if found else None
        return number

    sim.post(f"/sim/jobs/{eventually('it is queued', job)}/done")
    return bought


def parcel_of(platform: Platform, bought: str) -> dict[str, Any]:
    """The parcel's row, once there is one that Sendcloud has answered about."""
    names = ("sendcloud_id", "status", "status_code", "tracking_number", "carrier", "error")
    query = (
        f"SELECT {', '.join('p.' + name for name in names)} FROM parcels p JOIN orders o ON o.id = p.order_id"
        " WHERE o.shopify_order_id = %s AND p.status <> 'announcing'"
    )
    found = eventually("Sendcloud answers", lambda: rows(platform.database_url, query, bought))
    return dict(zip(names, found[0], strict=True))


def tell(shop: Shop, parcel: dict[str, Any], **more: Any) -> httpx.Response:
    """Posts a signed webhook of Sendcloud about it."""
    body = {"action": "parcel_status_changed", "timestamp": 2_000_000_000_000, "parcel": parcel, **more}
    raw = json.dumps(body).encode()
    signature = scheme("sendcloud").sign(SECRETS["SENDCLOUD_SECRET_KEY"], raw)
    return shop.http.post("/webhooks/sendcloud", content=raw, headers=signature)


def test_nulls_do_not_hide_that_it_is_delivered(platform: Platform, shop: Shop, sim: httpx.Client) -> None:
    bought = printed(platform, shop, sim)
    number = parcel_of(platform, bought)["sendcloud_id"]
    nothing = {"tracking_number": None, "tracking_url": None, "carrier": None}
    about = {"id": int(number), "status": {"id": 11, "message": None}, **nothing}
    answer = tell(shop, about, carrier_status_change_timestamp=None)
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    shop.wait_for(bought, "delivered")


@pytest.mark.parametrize(
    "status",
    [None, {"id": None, "message": None}, {"id": 4242, "message": "New"}, {"id": 2**40, "message": None}, {}],
)
def test_a_status_that_says_nothing_is_kept_and_changes_nothing(
    platform: Platform, shop: Shop, sim: httpx.Client, status: dict[str, Any] | None
) -> None:
    bought = printed(platform, shop, sim)
    before = parcel_of(platform, bought)
    about = {"id": int(before["sendcloud_id"]), "status": status, "carrier": {"code": None}}
    assert tell(shop, about).json() == {"status": "stored"}
    assert parcel_of(platform, bought) == before
    # What comes after it counts: it is not held up by what nobody understood.
    sim.post(f"/sim/parcels/{before['sendcloud_id']}/status/11")
    shop.wait_for(bought, "delivered")


def test_an_id_of_any_size_is_stored_as_a_text(platform: Platform, shop: Shop) -> None:
    number = 2**70
    answer = tell(shop, {"id": number, "status": {"id": 11}, "carrier": None}, timestamp=None)
    assert answer.json() == {"status": "stored"}
    query = "SELECT count(*) FROM webhook_receipts WHERE provider = 'sendcloud' AND subject = %s"
    assert rows(platform.database_url, query, str(number)) == [(1,)]


def test_a_tracking_number_reaches_the_order_as_soon_as_there_is_one(
    platform: Platform, shop: Shop, sim: httpx.Client
) -> None:
    bought = printed(platform, shop, sim)
    before = parcel_of(platform, bought)
    assert (before["status"], before["tracking_number"], before["carrier"]) == ("announced", "", "")
    sim.post(f"/sim/parcels/{before['sendcloud_id']}/status/1")

    def known() -> dict[str, Any] | None:
        parcel: dict[str, Any] | None = (shop.find(bought) or {}).get("parcel")
        return parcel if parcel and parcel["tracking_number"] else None

    parcel = eventually("the order has it", known)
    assert (parcel["status"], parcel["carrier"]) == ("announced", "postnl")
    assert parcel["tracking_number"].startswith("3SSIM")


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ({"zip": None}, "400 postal_code: 'This field is required.'"),
        ({"country_code": "XX"}, "400 country: '\"XX\" is not a valid choice.'"),
        ({"city": "x" * 31}, "400 city: 'Ensure this field has no more than 30 characters.'"),
    ],
)
def test_what_sendcloud_refuses_is_the_parcels_error(
    platform: Platform, shop: Shop, sim: httpx.Client, address: dict[str, Any], error: str
) -> None:
    refused = parcel_of(platform, printed(platform, shop, sim, **address))
    assert (refused["status"], refused["error"], refused["sendcloud_id"]) == ("failed", error, None)


@pytest.mark.parametrize(
    ("second_line", "number", "address_2"),
    [("12 bis", "12 bis", ""), ("Appartement 3, tweede verdieping", "1", "Appartement 3, tweede verdieping"), ("", "1", "")],
)  # fmt: skip
def test_a_second_line_that_is_no_house_number_is_not_sent_as_one(
    platform: Platform, shop: Shop, sim: httpx.Client, second_line: str, number: str, address_2: str
) -> None:
    bought = printed(platform, shop, sim, address2=second_line)
    parcel = sim.get(
        f"/sendcloud/api/v2/parcels/{parcel_of(platform, bought)['sendcloud_id']}", auth=AUTH
    ).json()["parcel"]
    assert (parcel["house_number"], parcel["address_2"]) == (number, address_2)
