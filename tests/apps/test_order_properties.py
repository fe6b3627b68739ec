"""Orders drawn from Shopify's own rules, told by webhooks that repeat and overtake each other: what is printed is what is owed.

The rules are written down here a second time, and simpler: only the newest webhook counts, since nothing is done yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.receipts import WebhookReceipt
from hypothesis import given, note
from hypothesis import strategies as st

from tests.support.drawn import drawn
from tests.support.orders import Desk

PAYMENTS = [
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
    None,
]
PAID = ("paid", "partially_refunded")
CURRENCIES = ["EUR", "USD", "JPY", "IDR", "KWD"]
BEGAN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
_ids = iter(range(10**18, 10**19))


@dataclass
class Line:
    """A line as the shop knows it: `quantity` was ordered, of which some were taken out and some fulfilled."""

    id: int
    sku: str | None
    quantity: int
    kind: str
    removed: int = 0
    fulfilled: int = 0

    @property
    def owed(self) -> int:
        return self.quantity - self.removed - self.fulfilled if self.kind == "print" else 0

    def body(self) -> dict[str, Any]:
        left = self.quantity - self.removed - self.fulfilled
        return {
            "id": self.id, "sku": self.sku, "title": self.kind.title() or None, "quantity": self.quantity,
            "current_quantity": self.quantity - self.removed, "fulfillable_quantity": left,
            "fulfillment_status": "fulfilled" if left == 0 and self.fulfilled else "partial" if self.fulfilled else None,
            "gift_card": self.kind == "gift card", "requires_shipping": self.kind not in ("tip", "lesson", "gift card"),
        }  # fmt: skip


def lines(largest: int) -> st.SearchStrategy[list[Line]]:
    def line(kind: str, quantity: int, sku: int) -> Line:
        named = None if kind in ("tip", "no sku") else f"SKU-{sku}"
        return Line(next(_ids), named, quantity, kind)

    kinds = st.sampled_from(["print"] * 5 + ["tip", "gift card", "lesson", "no sku"])
    return st.lists(st.builds(line, kinds, st.integers(1, 9), st.integers(1, 5)), max_size=largest)


ADDRESS = {"name": "Ada", "address1": "Kerkstraat 1", "city": "Gent", "zip": "9000", "country_code": "BE"}
ODD: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(
        ["note", "tags", "browser_ip", "customer", "email", "discount_codes", "landing_site", "device_id"]
    ),
    st.sampled_from(
        [None, "", "\x00", "\ud800", 10**30, -1, 1.5, [], {}, [[]], {"a": None}, "x" * 3000, True]
    ),
    max_size=4,
)


@dataclass
class State:
    """What one webhook tells."""

    topic: str
    body: dict[str, Any]
    owed: dict[str, int]
    cancelled: bool


@st.composite
def stories(draw: st.DrawFn, largest: int = 6) -> list[State]:
    """An order from its creation on, in the order in which it happened; times grow with each step."""
    number, known = next(_ids), draw(lines(largest))
    payment = draw(st.sampled_from(PAYMENTS))
    address, cancelled, topic = (
        draw(st.sampled_from([ADDRESS, ADDRESS, ADDRESS, None])),
        False,
        "orders/create",
    )
    money = draw(st.sampled_from(["0", "49.90", "12000000000.00", "1234.567"]))
    told: list[State] = []
    for step in range(draw(st.integers(1, 5))):
        if step:
            what = draw(st.sampled_from(["pay", "edit", "add", "fulfil", "cancel", "address", "nothing"]))
            topic = "orders/updated"
            if what == "pay":
                payment = draw(st.sampled_from(PAYMENTS))
                topic = "orders/paid" if payment == "paid" else topic
            elif what in ("edit", "fulfil") and known:
                line = draw(st.sampled_from(known))
                some = draw(st.integers(0, line.quantity - line.removed - line.fulfilled))
                line.removed, line.fulfilled = (
                    (line.removed + some, line.fulfilled)
                    if what == "edit"
                    else (line.removed, line.fulfilled + some)
                )
            elif what == "add":
                known = known + draw(lines(2))
            elif what == "cancel":
                cancelled, topic = True, "orders/cancelled"
            elif what == "address":
                address = draw(st.sampled_from([ADDRESS, None]))
        at = (BEGAN + timedelta(seconds=step)).isoformat()
        body = {
            **draw(ODD), "id": number, "name": f"#{number}", "financial_status": payment, "currency": draw(st.sampled_from(CURRENCIES)),
            "total_price": money, "updated_at": at, "cancelled_at": at if cancelled else None, "shipping_address": address,
            "line_items": [line.body() for line in known],
        }  # fmt: skip
        ready = payment in PAID and address is not None and not cancelled
        told.append(
            State(topic, body, {str(line.id): line.owed if ready else 0 for line in known}, cancelled)
        )
    return told


@drawn(40)
@given(story=stories(), seed=st.randoms(use_true_random=False))
def test_what_is_asked_of_the_printers_is_what_the_newest_webhook_owes(
    shopify: Desk, story: list[State], seed: Any
) -> None:
    deliveries = [
        (position, state) for position, state in enumerate(story) for _ in range(1 + (seed.random() < 0.3))
    ]
    seed.shuffle(deliveries)
    newest, stopped, number = -1, False, story[0].body["id"]
    allowed: dict[str, int] = {}
    for position, state in deliveries:
        note(f"{state.topic} {json.dumps(state.body)[:300]}")
        outcome = shopify.take(state.topic, state.body, webhook_id=f"{number}-{position}")
        assert outcome in ("stored", "duplicate")
        stopped = stopped or state.cancelled
        newest = max(newest, position)
        for line, pieces in story[newest].owed.items():
            allowed[line] = 0 if stopped else max(allowed.get(line, 0), pieces)
        found = shopify.order(number)
        asked = asked_by_line(shopify, number)
        assert all(pieces <= (0 if stopped else allowed.get(line, 0)) for line, pieces in asked.items()), (
            asked,
            allowed,
        )
        assert stopped or all(item.print_job.status != "none" or item.reason for item in found.items)
    last, found = story[-1], shopify.order(number)
    stored = shopify.receipts(WebhookReceipt.subject == str(number))
    assert [receipt.problem for receipt in stored] == [None] * len(story), "none is lost"
    asked = asked_by_line(shopify, number)
    if stopped:
        assert (found.status, sum(asked.values())) == ("cancelled", 0)
    elif any(last.owed.values()):
        assert {line: n for line, n in asked.items() if n} == {line: n for line, n in last.owed.items() if n}
        assert (found.waits, found.status) == (None, "received")
    else:
        assert found.waits is not None
        assert found.waits.because


def asked_by_line(shopify: Desk, number: int) -> dict[str, int]:
    """Pieces of each line that the printers are asked for."""
    found = shopify.order(number)
    asked = shopify.asked(found.id)
    jobs = shopify.lines(found.id)
    totals: dict[str, int] = {}
    for job, pieces in asked.items():
        totals[jobs[job]] = totals.get(jobs[job], 0) + pieces
    return totals


@drawn(1)
@given(story=stories(largest=500))
def test_orders_of_hundreds_of_lines(shopify: Desk, story: list[State]) -> None:
    for state in story:
        assert shopify.take(state.topic, state.body) == "stored"
    assert len(shopify.order(story[0].body["id"]).items) >= len(story[-1].body["line_items"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "id", "name", "email", "currency", "total_price", "financial_status", "fulfillment_status", "updated_at", "cancelled_at",
    "closed_at", "customer", "shipping_address", "line_items", "refunds", "fulfillments", "order_edit", "orders_to_redact",
]  # fmt: skip
TOPICS = [
    "orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "refunds/create", "products/update",
    "customers/redact", "customers/data_request", "shop/redact", "", "\ud7ff",
]  # fmt: skip


@drawn(40)
@given(
    topic=st.sampled_from(TOPICS),
    body=JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
    number=st.booleans(),
)
def test_any_json_is_stored_and_never_a_defect(shopify: Desk, topic: str, body: Any, number: bool) -> None:
    if number and isinstance(body, dict):
        body = {**body, "id": next(_ids)}
    raw, name = json.dumps(body).encode(), f"any-{next(_ids)}"
    assert shopify.take(topic, raw, webhook_id=name, shop=f"{next(_ids)}") in ("stored", "ignored", "kept")
    (receipt,) = shopify.receipts(WebhookReceipt.webhook_id == name)
    assert receipt.body in (raw, None), "as it came, unless it asked to be forgotten"
    assert "in this service" not in (receipt.problem or "")
