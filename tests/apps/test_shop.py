"""The simulated shop: each seed is another order, and every order can be printed and shipped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from order_service.shopify import ShopifyOrder
from order_service.waiting import missing_in
from provider_sim import shop


def test_each_seed_is_another_order_and_the_same_one_again() -> None:
    orders = [cast("dict[str, Any]", shop.order(seed, 10**9 + seed)) for seed in range(200)]
    assert len({order["shipping_address"]["name"] for order in orders}) > 50
    assert len({order["total_price"] for order in orders}) > 100
    assert {order["currency"] for order in orders} == {"EUR", "GBP", "SEK", "CHF", "JPY"}
    assert len({order["shipping_address"]["country_code"] for order in orders}) == 7
    again = cast("dict[str, Any]", shop.order(7, 10**9 + 7))
    assert {key: value for key, value in again.items() if not key.endswith("_at")} == {
        key: value for key, value in orders[7].items() if not key.endswith("_at")
    }


def test_every_order_can_be_printed_and_shipped_and_its_sum_is_right() -> None:
    for seed in range(200):
        body = cast("dict[str, Any]", shop.order(seed, 10**9 + seed))
        order = ShopifyOrder.read(body)
        assert (order.unreadable, missing_in(order.ship_to.model_dump())) == (None, None)
        assert [line.not_a_print for line in order.line_items] == [None] * len(order.line_items)
        assert order.total == sum(Decimal(line["price"]) * line["quantity"] for line in body["line_items"])
        assert len({line["id"] for line in body["line_items"]}) == len(body["line_items"])
