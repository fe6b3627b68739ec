"""What follows a change that people make to an example: the ids that name it, and an order's totals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from devkit.webhooks.change import add_value, remove_value, set_value
from devkit.webhooks.provider import Payload

from tests.support.examples import changed, fresh
from tests.support.payloads import problems


def test_an_id_that_is_set_is_followed_by_all_that_names_it() -> None:
    order = changed("shopify", "orders/cancelled", (set_value, "id=9123456789000001"))
    assert order["admin_graphql_api_id"] == "gid://shopify/Order/9123456789000001"
    assert {each["order_id"] for each in order["refunds"]} == {9123456789000001}
    assert problems("shopify", "orders/cancelled", order) == []
    gone = changed("shopify", "orders/delete", (set_value, "id=12"))
    assert gone == {"id": 12}
    customer = changed("shopify", "customers/update", (set_value, "id=9123456789000002"))
    assert customer["addresses"][0]["customer_id"] == 9123456789000002


def test_what_is_removed_or_added_changes_nothing_else() -> None:
    before = fresh("shopify", "fulfillments/create", 7)
    after = changed("shopify", "fulfillments/create", (remove_value, "line_items[0]"), (add_value, "extra=1"))
    assert after == {**before, "line_items": before["line_items"][1:], "extra": 1}
    assert changed("shopify", "orders/create", (set_value, "id=text"))["id"] == "text"


@pytest.mark.parametrize(
    ("change", "argument", "total", "weight"),
    [
        (set_value, "line_items[0].quantity=3", "120.55", 2580),
        (set_value, "line_items[1].quantity=1", "50.80", 980),
        (set_value, 'line_items[0].price="30.00"', "75.85", 1340),
        (set_value, "line_items=[]", "5.95", 0),
        (remove_value, "line_items[0]", "45.85", 720),
    ],
)
def test_the_totals_follow_the_lines(
    change: Callable[[Payload, str], None], argument: str, total: str, weight: int
) -> None:
    for topic in ("orders/create", "orders/paid", "orders/updated"):
        order = changed("shopify", topic, (change, argument))
        assert (order["total_price"], order["total_weight"]) == (total, weight)
        assert problems("shopify", topic, order) == []


def test_a_line_that_is_added_is_paid_for() -> None:
    line = '{"sku": "VASE-1", "title": "Vase", "price": "10.00", "quantity": 2, "grams": 100}'
    order = changed("shopify", "orders/create", (add_value, f"line_items[]={line}"))
    assert (order["total_price"], order["current_total_price"], order["total_weight"]) == (
        "90.75",
        "90.75",
        1540,
    )


@pytest.mark.parametrize(
    "argument",
    [
        "line_items[0].quantity=many",
        "line_items[0].quantity=null",
        "line_items[0].price=free",
        "line_items[0].price=null",
        "line_items=null",
        "line_items=[1, 2]",
        "line_items[0]=[]",
        "line_items[0].tax_lines=[{}]",
    ],
)
def test_what_cannot_be_reckoned_with_is_sent_as_it_was_set(argument: str) -> None:
    order = changed("shopify", "orders/create", (set_value, argument))
    assert order["total_price"] == "70.75"
    expected = fresh("shopify", "orders/create", 7)
    set_value(expected, argument)
    assert order == expected


def test_a_price_that_is_set_as_a_number_stays_one() -> None:
    order = changed("shopify", "orders/create", (set_value, "line_items[0].price=24.1"))
    assert (order["line_items"][0]["price"], order["total_price"]) == (24.1, "69.95")


def test_a_line_that_cannot_be_reckoned_with_leaves_the_others_alone() -> None:
    both = ((set_value, "line_items[0].quantity=3"), (set_value, "line_items[1].quantity=many"))
    order = changed("shopify", "orders/create", *both)
    assert (order["total_price"], order["line_items"][0]["current_quantity"]) == ("70.75", 1)


def test_totals_that_are_set_stay() -> None:
    both = ((set_value, "line_items[0].quantity=3"), (set_value, 'total_price="1.00"'))
    order = changed("shopify", "orders/create", *both)
    assert (order["total_price"], order["subtotal_price"]) == ("1.00", "114.60")
