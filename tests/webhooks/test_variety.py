"""Another seed is another customer, country, currency, basket and sum; one seed is one of each in all that tells of its order."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.payload import topics, variants
from devkit.webhooks.providers import provider
from devkit.webhooks.providers.variety import ORDER_IDS, variety
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drawn import drawn
from tests.support.examples import FOLDER, example, fresh
from tests.support.payloads import problems
from tests.support.trees import objects, values

NAMES = ("shopify", "simplyprint", "sendcloud")
ALL = [
    (name, topic)
    for name in NAMES
    for topic in [*topics(FOLDER / name), *variants(FOLDER / name, provider(name).topics)]
]
# The shop, its app and its stock are no order's.
NOBODYS = re.compile(
    r"shopify (app|app_subscriptions|collections|inventory_levels|shop)/|shopify \w+/delete|simplyprint test|sendcloud integ"
)
ORDERS = [topic for name, topic in ALL if name == "shopify" and topic.startswith("orders/")]
OF_AN_ORDER = [
    *(topic for topic in ORDERS if topic not in ("orders/delete", "orders/edited")),
    "checkouts/create",
]
EXAMPLES = pytest.mark.parametrize(("name", "topic"), ALL, ids=[" ".join(pair) for pair in ALL])


def varied(name: str, topic: str, seed: object, order: str = "") -> dict[str, Any]:
    return fresh(name, topic, seed, varied=True, order=order)


def shape(tree: object) -> object:
    """What is in it, without the values."""
    if isinstance(tree, dict):
        return {key: shape(value) for key, value in tree.items()}
    return [shape(each) for each in tree] if isinstance(tree, list) else None


@EXAMPLES
def test_whatever_the_seed_it_agrees_with_itself(name: str, topic: str) -> None:
    for seed in range(150):
        new = varied(name, topic, seed)
        assert problems(name, topic, new) == [], seed
        assert shape(new) == shape(fresh(name, topic, seed)), seed
    assert new == varied(name, topic, 149)


@given(seed=st.integers())
@drawn(30)
@EXAMPLES
def test_nothing_of_the_examples_customer_is_left(name: str, topic: str, seed: int) -> None:
    said = json.dumps(varied(name, topic, seed), ensure_ascii=False)
    if NOBODYS.match(f"{name} {topic}"):
        assert said == json.dumps(fresh(name, topic, seed), ensure_ascii=False)
        return
    for old in ("Test Customer", '"Customer"', "customer@example.com", "Example Street", "Brussels"):
        assert old not in said
    skus = [value for path, value in values(varied(name, topic, seed)) if path and path[-1] == "sku"]
    assert not [sku for sku in skus if sku.startswith("MISSING")]
    assert "bin back" not in said


@EXAMPLES
def test_another_seed_is_another_order(name: str, topic: str) -> None:
    if NOBODYS.match(f"{name} {topic}") or topic == "orders/edited":
        return  # orders/edited tells of lines by their id alone

    def told(seed: int) -> set[str]:
        """All texts but ids, times and tokens."""
        plain = json.dumps(
            [value for _, value in values(varied(name, topic, seed)) if isinstance(value, str)]
        )
        return {text for text in json.loads(plain) if not re.search(r"\d{6}|[0-9a-f]{8}|\dT\d|#", text)}

    assert len({frozenset(told(seed)) for seed in range(12)}) > 6


def test_orders_are_of_all_kinds() -> None:
    orders = [varied("shopify", "orders/create", seed) for seed in range(120)]
    assert len({order["total_price"] for order in orders}) > 8
    assert len({order["currency"] for order in orders}) > 4
    assert len({order["shipping_address"]["country_code"] for order in orders}) > 7
    assert len({order["shipping_address"]["name"] for order in orders}) > 15
    assert len({tuple(line["sku"] for line in order["line_items"]) for order in orders}) > 80
    for order in orders:
        skus = [line["sku"] for line in order["line_items"]]
        assert len(set(skus)) == len(skus)
        for sku in skus:
            sizes = re.fullmatch(r"GF-(\d+)x(\d+)", sku)
            assert sizes is None or max(map(int, sizes.groups())) <= 6


def test_taxes_are_those_of_the_country() -> None:
    seen = set()
    for seed in range(120):
        order = varied("shopify", "orders/create", seed)
        code = order["shipping_address"]["country_code"]
        factor = variety(str(order["order_number"])).factor
        taxed = order["total_tax"] != "0.00"
        seen.add(taxed)
        for line in order["line_items"]:
            (tax,) = line["tax_lines"]
            assert (tax["title"], tax["rate"]) == (f"{code} VAT", 0.21 if taxed else 0.0)
            worth = Decimal(line["price"]) * line["quantity"]
            rate = Decimal(str(tax["rate"]))
            # A multiple of the example's cents is off by as many halves of one.
            assert abs(worth * rate / (1 + rate) - Decimal(tax["price"])) <= Decimal("0.005") * factor
    assert seen == {True, False}


@pytest.mark.parametrize("seed", range(40))
def test_one_seed_is_one_customer_basket_and_sum(seed: int) -> None:
    order = varied("shopify", "orders/create", seed)
    person = order["shipping_address"]["name"]
    lines = {
        line["id"]: (line["sku"], line["title"], line["price"], line["product_id"])
        for line in order["line_items"]
    }
    for topic in OF_AN_ORDER:
        told = varied("shopify", topic, seed)
        for key in ("total_price", "currency", "email", "total_tax"):
            assert told[key] == order[key], (topic, key)
        assert told["customer"]["id"] == order["customer"]["id"]
        assert told["billing_address"]["name"] == person
    for topic in (*ORDERS, "fulfillments/create", "fulfillments/update", "refunds/create"):
        for _, item in objects(varied("shopify", topic, seed)):
            if item.get("id") in lines and "sku" in item:
                assert (item["sku"], item["title"], item["price"], item["product_id"]) == lines[item["id"]]
    payment = varied("shopify", "order_transactions/create", seed)
    assert (payment["amount"], payment["currency"]) == (order["total_price"], order["currency"])
    assert payment["payment_details"]["credit_card_name"] == person
    assert varied("shopify", "fulfillments/create", seed)["destination"]["name"] == person
    assert varied("shopify", "customers/create", seed)["default_address"]["name"] == person
    assert varied("shopify", "customers/redact", seed)["customer"]["email"] == order["email"]
    assert varied("shopify", "customers/redact", seed)["customer"]["id"] == order["customer"]["id"]
    product = varied("shopify", "products/create", seed)
    assert (product["variants"][0]["sku"], product["title"]) in {line[:2] for line in lines.values()}
    assert product["id"] == varied("shopify", "products/delete", seed)["id"]


@pytest.mark.parametrize("seed", range(20))
def test_the_parcel_and_the_print_are_of_the_order(seed: int) -> None:
    order = varied("shopify", "orders/create", seed)
    parcel = varied("sendcloud", "parcel_status_changed/delivered", seed)["parcel"]
    to = order["shipping_address"]
    assert (parcel["order_number"], parcel["external_order_id"]) == (order["name"], str(order["id"]))
    assert (parcel["name"], parcel["email"], parcel["postal_code"]) == (to["name"], order["email"], to["zip"])
    assert parcel["address"] == f"{to['address1']} {to['address2']}"
    assert parcel["country"]["iso_2"] == to["country_code"]
    assert (parcel["total_order_value"], parcel["total_order_value_currency"]) == (
        order["total_price"], order["currency"]
    )  # fmt: skip
    skus = [(line["sku"], str(line["product_id"])) for line in order["line_items"]]
    assert [(item["sku"], item["product_id"]) for item in parcel["parcel_items"]] == skus
    job = varied("simplyprint", "job.done", seed)["data"]["job"]
    assert job["name"] == f"{skus[0][0]}.gcode"


def test_a_named_order_is_the_one_that_has_its_number() -> None:
    """`--order '#90744'` goes on with the customer and the sum of that order, whatever the seed."""
    order = varied("shopify", "orders/create", 3)
    later = varied("shopify", "orders/updated", 4, order["name"])
    for key in ("email", "total_price", "shipping_address", "currency"):
        assert later[key] == order[key]
    assert varied("simplyprint", "job.failed", 5, order["name"])["data"]["job"]["name"].startswith(
        order["line_items"][0]["sku"]
    )


def test_somebody_lives_in_one_place_and_has_one_id() -> None:
    homes: dict[str, tuple[str, str]] = {}
    for number in range(400):
        about = variety(str(number))
        home = (about.person.street, about.person.house_number)
        assert homes.setdefault(about.person.email, home) == home
        assert re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9.-]+@example\.com", about.person.email)
        assert ORDER_IDS[0] <= about.person_id(1) <= ORDER_IDS[1]
    assert len(homes) > 20


def test_tax_that_is_not_in_the_prices_is_never_left_out() -> None:
    stored = example("shopify", "orders/create")
    stored["taxes_included"] = False
    stored["total_price"] = stored["current_total_price"] = "83.02"
    for key in ("total_price_set", "current_total_price_set"):
        for money in stored[key].values():
            money["amount"] = "83.02"
    for seed in range(40):
        batch = Batch(provider("shopify"), "orders/create", stored, "http://x/", "s", varied=True, seed=seed)
        assert problems("shopify", "orders/create", json.loads(next(deliveries(batch)).body)) == []


def test_what_is_set_wins_and_is_followed() -> None:
    def change(payload: dict[str, Any]) -> None:
        payload["email"] = "me@example.com"
        payload["line_items"][0]["quantity"] = 3

    stored = example("shopify", "orders/create")
    for seed in range(30):
        batch = Batch(
            provider("shopify"), "orders/create", copy.deepcopy(stored), "http://x/", "s", varied=True, seed=seed,
            changes=(change,),
        )  # fmt: skip
        order = json.loads(next(deliveries(batch)).body)
        assert (order["email"], order["line_items"][0]["quantity"]) == ("me@example.com", 3)
        assert problems("shopify", "orders/create", order) == []


def test_bytes_are_never_varied() -> None:
    body = (FOLDER / "shopify" / "orders" / "create.json").read_bytes()
    batch = Batch(provider("shopify"), "orders/create", body, "http://x/", "s", varied=True, seed=1)
    assert next(deliveries(batch)).body == body
