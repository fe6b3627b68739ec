"""order-service's rules that need no database: what a status means, what an order holds."""

from __future__ import annotations

from typing import get_args

import pytest
from order_service.shopify import ShopifyOrder, baseplate_size
from order_service.status import OrderStatus, derive


@pytest.mark.parametrize(
    ("prints", "parcel", "cancelled", "status"),
    [
        (["waiting", "modelling"], None, False, "received"),
        (["queued", "waiting"], None, False, "printing"),
        (["done", "waiting"], None, False, "printing"),
        (["done", "done"], None, False, "printed"),
        (["done", "failed"], None, False, "failed"),
        (["done", "cancelled"], None, False, "failed"),
        (["done"], "announced", False, "shipping"),
        (["done"], "awaiting_pickup", False, "shipping"),
        (["done"], "delivered", False, "delivered"),
        (["done"], "failed", False, "failed"),
        (["printing"], None, True, "cancelled"),
        (["done"], "delivered", True, "cancelled"),
        ([], None, False, "received"),
    ],
)
def test_status(prints: list[str], parcel: str | None, cancelled: bool, status: str) -> None:
    assert derive(prints, parcel, cancelled) == status
    assert status in get_args(OrderStatus)


@pytest.mark.parametrize(
    ("sku", "size"),
    [
        ("GF-4x3", (4, 3)),
        (" gf-10X2 ", (10, 2)),
        ("GF-0x3", None),
        ("GF-4x", None),
        ("XGF-4x3", None),
        ("GF-4x3-RED", None),
        ("GF-99999x1", None),
        ("", None),
    ],
)
def test_baseplate_skus(sku: str, size: tuple[int, int] | None) -> None:
    assert baseplate_size(sku) == size


def test_a_sparse_order_is_understood() -> None:
    order = ShopifyOrder.read({"id": 2**60 + 1, "line_items": [{"sku": None}], "customer": None})
    assert order.number == f"#{2**60 + 1}"
    assert (order.customer_name, order.customer_email, order.ship_to.city) == ("-", "", "")
    assert order.unreadable == "line 1 cannot be read: it has no quantity"
