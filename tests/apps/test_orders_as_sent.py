"""Orders as shops really send them: paid or not, edited, refunded, without an address, with lines that are no prints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders import Desk, pieces, prints, taken, waits
from tests.support.shop import order


@pytest.mark.parametrize(
    ("payment", "shown"),
    [("pending", "pending"), ("authorized", "authorized"), ("partially_paid", "partially paid"), ("expired", "expired"),
     (None, "unknown"), (5, "5")],
)  # fmt: skip
@pytest.mark.parametrize("topic", ["orders/paid", "orders/updated", "orders/edited"])
def test_it_is_printed_when_it_is_paid(shopify: Desk, payment: object, shown: str, topic: str) -> None:
    body = order("VASE-1", "VASE-2") | {"financial_status": payment}
    found = taken(shopify, body)
    assert (found.status, prints(found), pieces(shopify, found)) == ("waiting", ["held", "held"], 0)
    assert waits(found) == ("payment", f"its payment is {shown}")
    paid = taken(shopify, body | {"financial_status": "paid"}, topic)
    assert (paid.status, prints(paid), pieces(shopify, paid)) == ("received", ["waiting", "waiting"], 2)
    assert paid.waits is None


def test_paid_is_paid_also_where_the_body_does_not_say_it(shopify: Desk) -> None:
    body = order("VASE-1")
    del body["financial_status"]
    assert taken(shopify, body).status == "waiting"
    assert pieces(shopify, taken(shopify, body, "orders/paid")) == 1


@pytest.mark.parametrize("payment", ["voided", "refunded"])
def test_what_is_never_paid_is_never_printed(shopify: Desk, payment: str) -> None:
    found = taken(shopify, order("VASE-1") | {"financial_status": payment})
    assert (found.status, prints(found), found.items[0].reason) == ("closed", ["none"], payment)
    assert (pieces(shopify, found), waits(found)[1]) == (0, f"the payment was {payment}")


def test_what_is_cancelled_already_is_not_printed(shopify: Desk) -> None:
    body = order("VASE-1") | {"cancelled_at": "2026-01-05T09:30:00+00:00", "cancel_reason": "customer"}
    found = taken(shopify, body)
    assert (found.status, prints(found), pieces(shopify, found)) == ("cancelled", ["cancelled"], 0)


@pytest.mark.parametrize("told", ["order", "line", "count", "fulfillments"])
def test_what_is_fulfilled_already_is_not_printed(shopify: Desk, told: str) -> None:
    body = order("VASE-1")
    line = body["line_items"][0]
    if told == "order":
        body["fulfillment_status"] = "fulfilled"
    elif told == "line":
        line["fulfillment_status"] = "fulfilled"
    elif told == "count":
        line["fulfillable_quantity"] = 0
    else:
        body["fulfillments"] = [{"status": "success", "line_items": [{"id": line["id"], "quantity": 1}]}]
    found = taken(shopify, body)
    assert (found.status, prints(found), found.items[0].reason) == ("closed", ["none"], "fulfilled already")
    assert (pieces(shopify, found), waits(found)[0]) == (0, "fulfilled")


def test_only_what_is_left_of_a_line_is_printed(shopify: Desk) -> None:
    body = order("A", "B", "C", "D")
    for line, changes in zip(
        body["line_items"],
        (
            {"quantity": 5, "current_quantity": 3},
            {"quantity": 5, "current_quantity": 5, "fulfillable_quantity": 1},
            {"quantity": 2, "current_quantity": 0},
            {"quantity": 4},
        ),
        strict=True,
    ):
        line |= changes
    body["refunds"] = [
        {"refund_line_items": [{"line_item_id": body["line_items"][3]["id"], "quantity": 3}]},
        {"refund_line_items": None},
    ]
    found = taken(shopify, body)
    assert [(item.quantity, item.print_job.status, item.reason) for item in found.items] == [
        (3, "waiting", None), (1, "waiting", None), (2, "none", "removed from the order"), (1, "waiting", None),
    ]  # fmt: skip
    assert pieces(shopify, found) == 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"title": "Tip", "sku": None, "quantity": 1, "requires_shipping": False}, "a tip"),
        ({"title": "Gift card", "sku": "GIFT", "quantity": 1, "gift_card": True}, "a gift card"),
        ({"title": "By hand", "sku": "", "quantity": 1}, "no SKU"),
        (
            {"title": "Lesson", "sku": "LESSON", "quantity": 2, "requires_shipping": False},
            "needs no shipping",
        ),
    ],
)
def test_what_is_no_print_is_left_out_and_holds_nothing_up(
    shopify: Desk, line: dict[str, Any], reason: str
) -> None:
    body = order("VASE-1")
    body["line_items"].append({"id": 77, **line})
    found = taken(shopify, body)
    assert [(item.print_job.status, item.reason) for item in found.items] == [
        ("waiting", None),
        ("none", reason),
    ]
    shopify.tell(found, "done")
    done = shopify.order(body["id"])
    assert done.status == "printed"
    ((_, parcel),) = [message for message in shopify.sent(found.id) if message[0] == "create_parcel"]
    assert parcel["items"] == 1
    alone = order() | {"line_items": [line]}
    found = taken(shopify, alone)
    assert (found.status, waits(found)) == (
        "waiting",
        ("nothing", f"nothing of it is to be printed ({reason})"),
    )


@pytest.mark.parametrize("lines", [[], None])
def test_an_order_without_lines_waits_with_the_reason(shopify: Desk, lines: object) -> None:
    found = taken(shopify, order() | {"line_items": lines})
    assert (found.status, waits(found)) == ("waiting", ("nothing", "it has no lines"))


@pytest.mark.parametrize(
    ("address", "because"),
    [
        (None, "no address to ship to: there is none"),
        ({}, "no address to ship to: there is none"),
        ({"address1": "Kerkstraat 1", "country_code": "BE"}, "no address to ship to: the city is missing"),
        (
            {"city": "Gent", "country_code": None},
            "no address to ship to: the street and the country are missing",
        ),
    ],
)
def test_without_an_address_it_waits_until_there_is_one(shopify: Desk, address: object, because: str) -> None:
    body = order("VASE-1")
    found = taken(shopify, body | {"shipping_address": address, "customer": None, "email": None})
    assert (found.status, waits(found), pieces(shopify, found)) == ("waiting", ("address", because), 0)
    assert pieces(shopify, taken(shopify, body, "orders/updated")) == 1


def test_an_order_on_hold_or_archived_waits(shopify: Desk) -> None:
    body = order("VASE-1")
    assert waits(taken(shopify, body | {"fulfillment_status": "on_hold"}))[0] == "on_hold"
    archived = body | {"fulfillment_status": None, "closed_at": "2026-01-05T09:30:00+00:00"}
    assert waits(taken(shopify, archived, "orders/updated"))[0] == "archived"
    released = taken(shopify, archived | {"closed_at": None}, "orders/updated")
    assert (released.waits, pieces(shopify, released)) == (None, 1)


def test_an_edit_takes_back_what_is_not_printed_yet_and_adds_the_rest(shopify: Desk) -> None:
    body = order("A", "B")
    for line in body["line_items"]:
        line |= {"quantity": 3, "current_quantity": 3}
    found = taken(shopify, body)
    assert pieces(shopify, found) == 6
    body["line_items"][0]["current_quantity"] = 1
    body["line_items"][1]["current_quantity"] = 4
    body["line_items"].append({"id": 55, "title": "New", "sku": "NEW", "quantity": 2, "current_quantity": 2})
    edited = taken(shopify, body, "orders/updated")
    assert sorted(shopify.asked(edited.id).values()) == [1, 1, 2, 3]
    assert [(item.sku, item.quantity, item.reason) for item in edited.items if item.reason] == [
        ("A", 3, "removed from the order")
    ]
    assert pieces(shopify, taken(shopify, body, "orders/updated")) == 7, "the same again changes nothing"


def test_a_line_that_is_taken_out_is_not_printed_and_holds_nothing_up(shopify: Desk) -> None:
    body = order("A", "B")
    found = taken(shopify, body)
    shopify.tell(found, "failed", of=1)
    assert shopify.order(body["id"]).status == "failed"
    body["line_items"][1]["current_quantity"] = 0
    edited = taken(shopify, body, "orders/updated")
    assert prints(edited) == ["waiting", "none"]
    shopify.tell(edited, "done")
    assert shopify.order(body["id"]).status == "printed"


def test_what_is_printed_stays_printed_and_is_not_printed_again(shopify: Desk) -> None:
    body = order("A", "B")
    found = taken(shopify, body)
    shopify.tell(found, "done", of=0)
    body["line_items"][0]["current_quantity"] = 0
    edited = taken(shopify, body, "orders/updated")
    assert prints(edited) == ["done", "waiting"]
    body["line_items"][0]["current_quantity"] = 1
    again = taken(shopify, body, "orders/updated")
    assert (prints(again), pieces(shopify, again)) == (["done", "waiting"], 2)


def test_what_is_added_after_the_parcel_was_made_waits_for_a_person(shopify: Desk) -> None:
    body = order("A")
    found = taken(shopify, body)
    shopify.tell(found, "done")
    body["line_items"][0] |= {"quantity": 3, "current_quantity": 3, "fulfillable_quantity": 2}
    late = taken(shopify, body, "orders/updated")
    assert waits(late) == ("late", "added after its parcel was made: 2 × Item A")
    assert pieces(shopify, late) == 1


def test_our_own_fulfilment_changes_nothing(shopify: Desk) -> None:
    body = order("A")
    found = taken(shopify, body)
    shopify.tell(found, "done")
    body["line_items"][0] |= {
        "current_quantity": 1,
        "fulfillable_quantity": 0,
        "fulfillment_status": "fulfilled",
    }
    shipped = taken(
        shopify,
        body | {"fulfillment_status": "fulfilled", "closed_at": "2026-01-06T00:00:00Z"},
        "orders/fulfilled",
    )
    assert (shipped.status, shipped.waits, prints(shipped)) == ("printed", None, ["done"])


def test_a_refund_while_it_prints_stops_what_can_be_stopped(shopify: Desk) -> None:
    body = order("A", "B")
    found = taken(shopify, body)
    shopify.tell(found, "done", of=0)
    refunded = taken(shopify, body | {"financial_status": "refunded"}, "orders/updated")
    assert (prints(refunded), refunded.status) == (["done", "none"], "waiting")
    assert waits(refunded) == ("refunded", "the payment was refunded when some of it was printed")
    assert [job for job, _ in shopify.sent(found.id)][-1] == "cancel_print_job"


def test_removals_of_an_edit_and_a_refund_count_once(shopify: Desk) -> None:
    body = order("A", "B")
    for line in body["line_items"]:
        line |= {"quantity": 5}
    a, b = (line["id"] for line in body["line_items"])
    found = taken(shopify, body | {"updated_at": "2026-01-05T10:00:00+00:00"})
    edit = {"order_id": body["id"], "created_at": "2026-01-05T10:00:05+00:00",
            "line_items": {"additions": [{"id": b, "delta": 2}], "removals": [{"id": a, "delta": 3}]}}  # fmt: skip
    for _ in range(2):
        assert shopify.take("orders/edited", {"order_edit": edit}) == "stored"
    assert pieces(shopify, found) == 7
    refund = {"id": 1, "order_id": body["id"], "created_at": "2026-01-05T10:00:09+00:00",
              "refund_line_items": [{"line_item_id": b, "quantity": 1}]}  # fmt: skip
    assert shopify.take("refunds/create", refund) == "stored"
    assert pieces(shopify, found) == 6
    for line, current in zip(body["line_items"], (2, 4), strict=True):
        line["current_quantity"] = current
    whole = taken(shopify, body | {"updated_at": "2026-01-05T10:00:09+00:00"}, "orders/updated")
    assert (pieces(shopify, whole), pieces(shopify, found)) == (6, 6)


def test_webhooks_in_the_wrong_order_end_as_in_the_right_one(shopify: Desk) -> None:
    """By the body's time, then by the webhook's; of the same moment, a payment only goes forward."""
    body = order("A")
    told = [
        ("orders/create", "pending", "2026-01-05T10:00:00-05:00", ""),
        ("orders/updated", "authorized", "2026-01-05T15:00:01+00:00", "2026-01-05T15:00:01.1Z"),
        ("orders/paid", "paid", "2026-01-05T15:00:01+00:00", "2026-01-05T15:00:01.9Z"),
    ]
    for topic, payment, updated, triggered in reversed(told):
        changed = body | {"financial_status": payment, "updated_at": updated}
        assert shopify.take(topic, changed, triggered_at=triggered) == "stored"
    found = shopify.order(body["id"])
    assert (found.payment, found.waits, pieces(shopify, found)) == ("paid", None, 1)
    assert (
        shopify.take("orders/create", body | {"financial_status": "pending", "updated_at": told[2][2]})
        == "stored"
    )
    assert shopify.order(body["id"]).payment == "paid"
