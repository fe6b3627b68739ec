"""The board's counts, pages and search, and what a person does with an order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from common.messages import ParcelChanged, ShippingAddress
from fastapi import HTTPException
from order_service import actions, flow, listing
from order_service.listing import Filter
from order_service.views import Lanes, OrderDetails, Orders

from tests.support.orders import Desk, desk
from tests.support.shop import order
from tests.support.storage import Postgres, RedisServer

THERE = {"name": "Ada", "address": "Meir 1", "city": "Antwerpen", "postal_code": "2000", "country": "be"}


@pytest.fixture
def shopify(postgres_server: Postgres, redis: RedisServer) -> Iterator[Desk]:
    with desk(postgres_server.create(postgres_server.template), redis.url) as made:
        yield made


def page(shopify: Desk, limit: int = 50, after: str = "", **wanted: Any) -> Orders:
    async def ask() -> Orders:
        async with shopify.context.database.transaction() as session:
            return await listing.page(session, Filter(**wanted), limit, after)

    return shopify.run(ask())


def lanes(shopify: Desk, **wanted: Any) -> dict[str, int]:
    async def ask() -> Lanes:
        async with shopify.context.database.transaction() as session:
            return await listing.lanes(session, Filter(**wanted))

    return {name: count for name, count in shopify.run(ask()).model_dump().items() if count}


def numbers(found: Orders) -> list[str]:
    return [each.number for each in found.orders]


def put(shopify: Desk, number: int, topic: str = "orders/create", **changes: Any) -> dict[str, Any]:
    body = order(f"SKU-{number}") | {"name": f"#{number}"} | changes
    assert shopify.take(topic, body) == "stored"
    return body


def failed_parcel(shopify: Desk, body: dict[str, Any]) -> None:
    """All of it is printed, and the carrier refuses its parcel."""
    found = shopify.order(body["id"])
    shopify.tell(found, "done")
    refused = ParcelChanged(
        order_id=found.id, parcel_id=uuid4(), version=1, status="failed", tracking_number="", tracking_url="", carrier="",
        error="400 city: no such city",
    )  # fmt: skip
    shopify.run(flow.parcel_changed(shopify.context, refused))


def test_every_order_is_counted_in_one_lane(shopify: Desk) -> None:
    put(shopify, 1)
    put(shopify, 2, financial_status="pending")
    put(shopify, 3, shipping_address=None)
    put(shopify, 4, financial_status="voided")
    put(shopify, 5, topic="orders/cancelled")
    printing = put(shopify, 6)
    shopify.tell(shopify.order(printing["id"]), "printing")
    printed = put(shopify, 7)
    shopify.tell(shopify.order(printed["id"]), "done")
    failed = put(shopify, 8)
    shopify.tell(shopify.order(failed["id"]), "failed")
    assert lanes(shopify) == {"received": 2, "person": 2, "stopped": 2, "printing": 1, "shipping": 1}
    assert numbers(page(shopify, lane="person")) == ["#8", "#3"]
    assert numbers(page(shopify, status="closed")) == ["#4"]


def test_pages_hold_every_order_once_also_while_new_ones_come(shopify: Desk) -> None:
    for number in range(25):
        put(shopify, number)
    first = page(shopify, limit=10)
    put(shopify, 100)
    second = page(shopify, limit=10, after=first.next or "")
    third = page(shopify, limit=10, after=second.next or "")
    assert numbers(first) + numbers(second) + numbers(third) == [f"#{number}" for number in range(24, -1, -1)]
    assert third.next is None
    for wrong in ("x", "2026-01-05T09:30:00+00:00~x", "~"):
        with pytest.raises(HTTPException) as problem:
            page(shopify, after=wrong)
        assert problem.value.status_code == 422


@pytest.mark.parametrize(
    ("q", "found"),
    [("#7", ["#7"]), (" grace ", ["#8"]), ("SKU-7", ["#7"]), ("sku", ["#8", "#7"]), ("g%e", []), ("g_ace", []), ("\\", []),
     ("hopper@", ["#8"]), ("nobody", [])],
)  # fmt: skip
def test_orders_are_found_by_number_name_and_sku(shopify: Desk, q: str, found: list[str]) -> None:
    put(shopify, 7)
    put(shopify, 8, customer={"first_name": "Grace", "last_name": "Hopper"}, email="hopper@example.com")
    assert numbers(page(shopify, q=q)) == found
    assert sum(lanes(shopify, q=q).values()) == len(found)


def act(shopify: Desk, action: Any, body: dict[str, Any], *rest: Any) -> OrderDetails:
    done: OrderDetails = shopify.run(action(shopify.context, shopify.order(body["id"]).id, *rest))
    return done


def test_an_address_by_hand_stays_until_the_shop_tells_another(shopify: Desk) -> None:
    body = put(shopify, 1, shipping_address=None)
    corrected = act(shopify, actions.correct_address, body, ShippingAddress(**THERE))
    assert (corrected.waits, corrected.address["country"], corrected.status) == (None, "BE", "received")
    assert shopify.take("orders/updated", body) == "stored"
    assert shopify.order(body["id"]).waits is None
    moved = body | {"shipping_address": {"address1": "Elsewhere 1", "city": "Gent", "country_code": "BE"}}
    shopify.take("orders/updated", moved)
    shopify.tell(shopify.order(body["id"]), "done")
    ((_, parcel),) = [one for one in shopify.sent(shopify.order(body["id"]).id) if one[0] == "create_parcel"]
    assert parcel["to"]["address"] == "Elsewhere 1"
    with pytest.raises(HTTPException, match="its parcel is made already"):
        act(shopify, actions.correct_address, body, ShippingAddress(**THERE))


def test_an_address_must_be_one(shopify: Desk) -> None:
    body = put(shopify, 1)
    with pytest.raises(HTTPException, match="the city is missing"):
        act(shopify, actions.correct_address, body, ShippingAddress(**(THERE | {"city": " "})))
    with pytest.raises(HTTPException, match="no such order"):
        shopify.run(actions.correct_address(shopify.context, uuid4(), ShippingAddress(**THERE)))


def test_a_refused_parcel_is_asked_for_again(shopify: Desk) -> None:
    body = put(shopify, 1)
    with pytest.raises(HTTPException, match="no parcel of it was refused"):
        act(shopify, actions.ask_for_parcel_again, body)
    failed_parcel(shopify, body)
    assert shopify.order(body["id"]).lane == "person"
    act(shopify, actions.ask_for_parcel_again, body)
    act(shopify, actions.correct_address, body, ShippingAddress(**THERE))
    asked = [one for job, one in shopify.sent(shopify.order(body["id"]).id) if job == "create_parcel"]
    assert [(one["attempt"], one["to"]["city"]) for one in asked] == [
        (1, "Gent"),
        (2, "Gent"),
        (3, "Antwerpen"),
    ]


def test_a_person_cancels(shopify: Desk) -> None:
    body = put(shopify, 1)
    cancelled = act(shopify, actions.cancel_order, body)
    assert (cancelled.status, cancelled.lane) == ("cancelled", "stopped")
    assert sum(shopify.asked(cancelled.id).values()) == 0
    with pytest.raises(HTTPException, match="the order is cancelled"):
        act(shopify, actions.cancel_order, body)
    with pytest.raises(HTTPException, match="the order is cancelled"):
        act(shopify, actions.correct_address, body, ShippingAddress(**THERE))
