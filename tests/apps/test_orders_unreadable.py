"""Orders of which not all can be read, and what is no order: nothing is lost, and only what is understood is printed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from common.receipts import WebhookReceipt
from order_service import intake
from order_service.lines import Lines

from tests.support.orders import Desk, pieces, prints, taken, waits
from tests.support.shop import order


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"name": "\x00", "note": "\ud800", "customer": {"first_name": "\udfff", "id": []}},
        {"total_price": "x", "line_items": "none", "shipping_address": [], "updated_at": 5, "currency": {}},
        {
            "line_items": [1, None, {"quantity": {}}],
            "customer": 1,
            "refunds": {},
            "fulfillments": [[]],
            "email": False,
        },
        {"total_price": "1e999999", "id_": 10**900, "cancelled_at": "today", "financial_status": []},
    ],
    ids=range(5),
)
@pytest.mark.parametrize("topic", ["orders/cancelled", "orders/delete"])
def test_a_cancellation_needs_the_id_and_nothing_else(
    shopify: Desk, topic: str, rest: dict[str, Any]
) -> None:
    body = order("A", "B")
    found = taken(shopify, body)
    assert shopify.take(topic, {"id": body["id"], **rest}) == "stored"
    cancelled = shopify.order(body["id"])
    assert (cancelled.status, pieces(shopify, found)) == ("cancelled", 0)
    if not rest:
        assert (cancelled.number, cancelled.customer, cancelled.total) == (
            found.number,
            found.customer,
            found.total,
        )


def test_a_cancellation_may_name_the_order_globally_and_come_first(shopify: Desk) -> None:
    body = order("A")
    assert shopify.take("orders/cancelled", {"id": f"gid://shopify/Order/{body['id']}"}) == "stored"
    found = taken(shopify, body)
    assert (found.status, found.customer, prints(found)) == ("cancelled", "Ada Byron", ["cancelled"])
    assert pieces(shopify, found) == 0


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 100_000, "\u202e<script>"])
def test_any_text_is_stored(shopify: Desk, name: str) -> None:
    body = order("A") | {"name": name, "note": name}
    body["line_items"][0]["title"] = body["customer"]["first_name"] = name
    found = taken(shopify, body)
    readable = name.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert (found.number, found.items[0].title) == (readable, readable)
    assert pieces(shopify, found) == 1


@pytest.mark.parametrize(
    ("total", "shown"),
    [("12000000000.00", "12000000000.00"), (12345678901234567890, "12345678901234567890"), ("0.001", "0.001"), ("1000", "1000"),
     (19.99, "19.99"), (None, "0"), ("9" * 300, "9" * 300)],
)  # fmt: skip
def test_money_has_no_ceiling(shopify: Desk, total: object, shown: str) -> None:
    found = taken(shopify, order("A") | {"total_price": total, "currency": "IDR"})
    assert (found.total, found.currency, pieces(shopify, found)) == (shown, "IDR", 1)
    shopify.tell(found, "done")
    assert shopify.sent(found.id)[-1][1]["total"] == shown


@pytest.mark.parametrize("number", [2**63, 10**19 + 7, 10**60])
def test_ids_have_no_ceiling(shopify: Desk, number: int) -> None:
    found = taken(shopify, order("A", order_id=number))
    assert found.shopify_order_id == str(number)
    assert shopify.take("orders/cancelled", {"id": number}) == "stored"
    assert shopify.order(number).status == "cancelled"


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"total_price": "a lot"}, "its total cannot be read"),
        ({"total_price": "NaN"}, "its total cannot be read"),
        ({"line_items": [{"sku": "A", "quantity": "two"}]}, "line 1 cannot be read: its quantity is no number of pieces"),
        ({"line_items": [{"sku": "A", "quantity": 1}, "B"]}, "line 2 cannot be read: its quantity is no number of pieces"),
        ({"line_items": [{"sku": "A", "quantity": -1}]}, "line 1 cannot be read: its quantity is no number of pieces"),
        ({"line_items": [{"sku": "A", "quantity": 10**12}]}, "line 1 cannot be read: its quantity is no number of pieces"),
        ({"line_items": [{"sku": "A"}]}, "line 1 cannot be read: it has no quantity"),
    ],
)  # fmt: skip
def test_what_decides_and_cannot_be_read_waits_for_a_person(
    shopify: Desk, changes: dict[str, Any], because: str
) -> None:
    found = taken(shopify, order("Z") | changes)
    assert (found.status, waits(found), pieces(shopify, found)) == ("waiting", ("unreadable", because), 0)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the body is empty"), (b"\xff\xfe{", "the body is not JSON"), (b"[1]", "the body is not a JSON object"),
        (b'{"a":' * 3000, "the body is nested too deeply"), (b'{"id": 1', "the body is not JSON"),
        (b'{"id": null}', "no order's id: id is missing or no number"), (b'{"id": "12a"}', "no order's id: id is missing or no number"), (b'{"id": 1.5}', "no order's id: id is missing or no number"),
        (b'{"id": ' + b"9" * 5000 + b"}", "no order's id: id is missing or no number"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("topic", ["orders/create", "orders/cancelled"])
def test_what_is_not_understood_is_kept_with_the_reason(
    shopify: Desk, topic: str, body: bytes, problem: str
) -> None:
    name = f"kept-{topic}-{hash(body)}"
    assert shopify.take(topic, body, webhook_id=name) == "kept"
    assert shopify.take(topic, body, webhook_id=name) == "duplicate"
    (receipt,) = shopify.receipts(WebhookReceipt.webhook_id == name)
    assert (receipt.body, receipt.outcome, receipt.problem) == (body, "kept", problem)


def test_a_defect_loses_no_webhook_and_it_is_acted_upon_later(
    shopify: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = order("A")
    with monkeypatch.context() as patched:
        patched.setattr(Lines, "take_over", lambda *_: 1 / 0)
        assert shopify.take("orders/create", body, webhook_id="defect") == "kept"
    (receipt,) = shopify.receipts(WebhookReceipt.webhook_id == "defect")
    assert (receipt.problem, receipt.subject) == ("ZeroDivisionError, in this service", str(body["id"]))
    assert json.loads(receipt.body or b"") == body
    status = shopify.run(intake.again(shopify.context, receipt.id))
    assert status is not None
    assert status.status == "stored"
    assert pieces(shopify, shopify.order(body["id"])) == 1
    (receipt,) = shopify.receipts(WebhookReceipt.webhook_id == "defect")
    assert (receipt.problem, receipt.outcome) == (None, "stored")
