"""The examples are what the providers would send, and stay so when they get new ids and times, whatever the seed."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from devkit.webhooks.change import set_value
from devkit.webhooks.payload import topics, variants
from devkit.webhooks.provider import GenerationContext
from devkit.webhooks.providers import provider, providers
from devkit.webhooks.providers.sendcloud_statuses import STATUSES
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drawn import drawn
from tests.support.examples import FOLDER, NOW, example, fresh
from tests.support.payloads import problems
from tests.support.platform import SECRETS
from tests.support.trees import values

STORED = [(each.name, topic) for each in providers() for topic in topics(FOLDER / each.name)]
OURS = ("shopify", "simplyprint", "sendcloud")
MADE = [(name, topic) for name in OURS for topic in variants(FOLDER / name, provider(name).topics)]
ALL = [pair for pair in STORED if pair[0] in OURS] + MADE
# They are about the shop, the app, the shop's stock or the account: nothing in them comes into being.
STANDING = {
    ("shopify", "app/uninstalled"),
    ("shopify", "shop/update"),
    ("shopify", "shop/redact"),
    ("shopify", "inventory_levels/update"),
    ("simplyprint", "test"),
    ("sendcloud", "integration_connected"),
    ("sendcloud", "integration_updated"),
    ("sendcloud", "integration_deleted"),
}
EXAMPLES = pytest.mark.parametrize(("name", "topic"), ALL, ids=[" ".join(pair) for pair in ALL])


def ids(payload: object) -> set[int]:
    return {value for path, value in values(payload) if path and path[-1] == "id" and type(value) is int}


@pytest.mark.parametrize(("name", "topic"), STORED, ids=[" ".join(pair) for pair in STORED])
def test_an_example_is_of_a_topic_that_the_provider_sends(name: str, topic: str) -> None:
    assert topic in provider(name).topics
    assert isinstance(json.loads((FOLDER / name / f"{topic}.json").read_bytes()), dict)


def test_there_are_enough() -> None:
    of = {name: [topic for provider_name, topic in ALL if provider_name == name] for name in OURS}
    assert len(of["shopify"]) >= 20
    assert {"customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"} <= set(
        of["shopify"]
    )
    assert {each for each in provider("simplyprint").topics if each.startswith("job.")} <= set(
        of["simplyprint"]
    )
    assert len(of["sendcloud"]) == 4 + len(STATUSES)
    for each in providers():
        assert len(set(each.topics)) == len(each.topics)


@EXAMPLES
def test_an_example_agrees_with_itself(name: str, topic: str) -> None:
    assert (
        problems(name, topic, example(name, topic) if (name, topic) not in MADE else fresh(name, topic, 1))
        == []
    )


@EXAMPLES
def test_no_example_has_a_secret(name: str, topic: str) -> None:
    texts = {value for _, value in values(example(name, topic)) if isinstance(value, str)}
    assert not texts & set(SECRETS.values()) - {""}


@given(seed=st.integers(), later=st.integers(0, 10**8))
@drawn(25)
@EXAMPLES
def test_what_is_new_agrees_with_itself(name: str, topic: str, seed: int, later: int) -> None:
    stored = example(name, topic)
    before = copy.deepcopy(stored)
    now = NOW + timedelta(seconds=later)
    new = provider(name).freshen(topic, stored, GenerationContext(now, Random(str(seed))))
    assert stored == before, "the example itself stays"
    assert problems(name, topic, new) == []
    assert new == fresh(name, topic, seed, now), "the same seed is the same webhook"
    other = fresh(name, topic, f"not {seed}", now)
    if (name, topic) not in STANDING:
        assert new != other
    if name != "shopify" or topic.startswith("orders/"):
        assert set(new) == set(stored)


@pytest.mark.parametrize("topic", [topic for name, topic in ALL if name == "shopify"])
def test_shopifys_times_end_now(topic: str) -> None:
    times = [
        datetime.fromisoformat(value)
        for path, value in values(fresh("shopify", topic, 1))
        if path and str(path[-1]).endswith("_at") and value and "customer" not in path
    ]
    assert not times or max(times) == NOW.replace(microsecond=0)


KEYS = st.sampled_from(
    [
        "id", "order_id", "admin_graphql_api_id", "token", "name", "order_number", "line_items", "price", "quantity",
        "tax_lines", "total_price", "created_at", "customer", "data", "job", "uid", "started", "parcel", "status",
        "message", "tracking_number", "sku", "title", "product_id", "note", "email", "address1", "country_code", "rate",
        "parcel_items", "default_address", "taxes_included",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["1.00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+00:00", "2026-99-99T00:00:00Z", "#1001"]
    )
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
OBJECT = st.dictionaries(KEYS, ANYTHING, max_size=4)


@given(before=OBJECT, after=OBJECT, seed=st.integers())
@drawn(60)
@pytest.mark.parametrize("name", OURS)
def test_whatever_people_send_is_sent(name: str, before: Any, after: Any, seed: int) -> None:
    """An example of their own need not look like the provider's."""
    for topic in ("orders/create", "job.done", "parcel_status_changed/delivered"):
        for varied in (False, True):
            moment = GenerationContext(NOW, Random(seed), varied)
            assert set(before) <= set(provider(name).freshen(topic, before, moment))
    assert set(provider(name).follow(before, copy.deepcopy(after))) == set(after)
    assert provider(name).follow(before, copy.deepcopy(before)) == before


def test_one_seed_is_one_order_in_every_topic() -> None:
    order = fresh("shopify", "orders/create", 7)
    lines = [line["id"] for line in order["line_items"]]
    for topic in ("orders/paid", "orders/updated", "orders/cancelled", "orders/fulfilled", "orders/delete"):
        assert fresh("shopify", topic, 7)["id"] == order["id"] != fresh("shopify", topic, 8)["id"]
    for topic in (
        "fulfillments/create",
        "fulfillments/update",
        "refunds/create",
        "order_transactions/create",
    ):
        assert fresh("shopify", topic, 7)["order_id"] == order["id"]
    assert [line["id"] for line in fresh("shopify", "fulfillments/create", 7)["line_items"]] == lines
    assert fresh("shopify", "fulfillments/create", 7)["name"] == f"{order['name']}.1"
    assert fresh("shopify", "orders/edited", 7)["order_edit"]["order_id"] == order["id"]
    assert fresh("shopify", "customers/redact", 7)["orders_to_redact"] == [order["id"]]
    assert fresh("shopify", "customers/data_request", 7)["orders_requested"] == [order["id"]]
    assert fresh("shopify", "checkouts/create", 7)["id"] == order["checkout_id"]
    product, gone = fresh("shopify", "products/create", 7), fresh("shopify", "products/delete", 7)
    assert gone == {"id": product["id"]}
    jobs = [fresh("simplyprint", f"job.{event}", 7)["data"]["job"] for event in ("started", "done", "failed")]
    assert len({(job["id"], job["uid"]) for job in jobs}) == 1
    parcels = [fresh("sendcloud", f"parcel_status_changed/{name}", 7)["parcel"]["id"] for name in STATUSES]
    assert len(set(parcels)) == 1


def test_what_the_shop_has_anyway_stays() -> None:
    stored, new = example("shopify", "orders/create"), fresh("shopify", "orders/create", 7)
    assert new["customer"] == stored["customer"]
    for key in ("product_id", "variant_id", "sku"):
        assert [line[key] for line in new["line_items"]] == [line[key] for line in stored["line_items"]]
    assert new["app_id"] == stored["app_id"]
    assert not ids({**new, "customer": None}) & ids({**stored, "customer": None})
    assert fresh("shopify", "customers/redact", 7)["customer"]["id"] == stored["customer"]["id"]


def test_a_short_id_is_no_part_of_others() -> None:
    stored = example("sendcloud", "parcel_status_changed")
    stored["parcel"] |= {
        "id": 1,
        "label": {"label_printer": "https://panel.example.com/1", "more": "https://a/13/1"},
    }
    parcel: Any = provider("sendcloud").freshen(
        "parcel_status_changed", stored, GenerationContext(NOW, Random(1))
    )["parcel"]
    number = parcel["id"]
    assert parcel["label"] == {
        "label_printer": f"https://panel.example.com/{number}",
        "more": f"https://a/13/{number}",
    }
    assert parcel["address"] == "Example Street 1"


@pytest.mark.parametrize(
    ("topic", "argument"),
    [
        ("orders/create", 'total_price="1.00"'),
        ("orders/create", "line_items[0].quantity=9"),
        ("orders/create", "line_items[0].price=24.9"),
        ("orders/create", 'line_items[0].price_set.shop_money.amount="1.00"'),
        ("orders/create", 'admin_graphql_api_id="gid://shopify/Order/1"'),
        ("orders/create", "customer.id=12"),
        ("orders/create", "email=someone@gmail.com"),
        ("orders/create", 'created_at="2026-01-05"'),
        ("orders/create", 'updated_at="2020-01-05T00:00:00+00:00"'),
        ("orders/create", 'name="#5"'),
        ("orders/cancelled", 'refunds[0].transactions[0].amount="1.00"'),
        ("orders/cancelled", "cancel_reason=null"),
        ("orders/fulfilled", "fulfillment_status=null"),
        ("orders/fulfilled", "fulfillments[0].order_id=9123456789000009"),
        ("refunds/create", "refund_line_items[0].line_item_id=9123456789000009"),
        ("products/create", "variants[0].product_id=9123456789000009"),
        ("customers/create", "default_address.customer_id=9123456789000009"),
        ("carts/create", 'line_items[0].line_price="1.00"'),
        ("draft_orders/create", 'applied_discount.amount="1.00"'),
        ("checkouts/create", 'total_tax="1.00"'),
    ],
)
def test_what_does_not_agree_is_found(topic: str, argument: str) -> None:
    payload = example("shopify", topic)
    set_value(payload, argument)
    assert problems("shopify", topic, payload)
