"""Every example is taken by the platform: what it has a use for is stored, all else is a 2xx too."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.payload import load_example, topics, variants
from devkit.webhooks.providers import provider
from devkit.webhooks.providers.sendcloud_statuses import STATUSES
from order_service.shopify import ShopifyOrder
from provider_sim.countries import COUNTRIES, Country
from provider_sim.parcel_request import read
from shipping_service.sendcloud import Announced, meaning

from tests.support.examples import fresh
from tests.support.platform import ROOT, SECRETS, Platform
from tests.support.polling import PATIENCE
from tests.support.shop import rows

SIM_SPEED = "1"  # nothing of what is ordered here is printed

FOLDER = Path(ROOT) / "dev" / "webhooks"
WHERE = {
    "shopify": ("/api/v1/webhooks/shopify", "SHOPIFY_CLIENT_SECRET"),
    "simplyprint": ("/webhooks/simplyprint", "SIMPLYPRINT_WEBHOOK_TOKEN"),
    "sendcloud": ("/webhooks/sendcloud", "SENDCLOUD_SECRET_KEY"),
}
USED = {
    "shopify": {
        "customers/data_request",
        "customers/redact",
        "orders/cancelled",
        "orders/create",
        "orders/delete",
        "orders/edited",
        "orders/fulfilled",
        "orders/paid",
        "orders/partially_fulfilled",
        "orders/updated",
        "refunds/create",
        "shop/redact",
    },
    "simplyprint": {"job.started", "job.done", "job.failed", "job.cancelled"},
    "sendcloud": {"parcel_status_changed", *(f"parcel_status_changed/{name}" for name in STATUSES)},
}


@pytest.mark.parametrize("seed", [None, 5], ids=lambda seed: "as written" if seed is None else f"seed {seed}")
@pytest.mark.parametrize("name", WHERE)
def test_every_example_is_accepted(platform: Platform, name: str, seed: int | None) -> None:
    path, secret = WHERE[name]
    sender = provider(name)
    answers = {}
    with httpx.Client(timeout=PATIENCE) as client:
        for topic in (*topics(FOLDER / name), *variants(FOLDER / name, sender.topics)):
            example = load_example(FOLDER / name, topic, sender.topics)
            url = platform["gateway"].url + path
            (delivery,) = deliveries(
                Batch(sender, topic, example, url, SECRETS[secret], varied=seed is not None, seed=seed)
            )
            answer = client.post(url, content=delivery.body, headers=delivery.all_headers)
            status = answer.json().get("status")
            if topic == "test" and status == "duplicate":
                status = "ignored"  # nothing in it differs from that of the seed before, in the same second
            answers[topic] = (answer.status_code, status)
    assert answers == {topic: (200, "stored" if topic in USED[name] else "ignored") for topic in answers}
    assert USED[name] <= set(answers)


def test_one_seed_tells_one_orders_story(platform: Platform) -> None:
    path, secret = WHERE["shopify"]
    sender = provider("shopify")
    orders = []
    for topic in ("orders/create", "orders/updated", "orders/cancelled", "orders/cancelled"):
        example = load_example(FOLDER / "shopify", topic, ())
        batch = Batch(sender, topic, example, platform["gateway"].url + path, SECRETS[secret], seed=7)
        (delivery,) = deliveries(batch)
        answer = httpx.post(
            delivery.url, content=delivery.body, headers=delivery.all_headers, timeout=PATIENCE
        )
        orders.append((str(json.loads(delivery.body)["id"]), answer.json()["status"]))
    assert [status for _, status in orders] == ["stored", "stored", "stored", "duplicate"]
    (order,) = {number for number, _ in orders}
    cancelled = "SELECT cancelled_at IS NOT NULL FROM orders WHERE shopify_order_id = %s"
    assert rows(platform.database_url, cancelled, order) == [(True,)]


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/fulfilled"]
)
def test_order_service_reads_the_order(topic: str) -> None:
    order = ShopifyOrder.read(load_example(FOLDER / "shopify", topic, ()))
    assert (order.number, str(order.total_price), order.currency) == ("#1001", "70.75", "EUR")
    assert (order.customer_name, order.customer_email) == ("Test Customer", "customer@example.com")
    assert (order.ship_to.address, order.ship_to.country) == ("Example Street", "BE")
    assert [(line.sku, line.quantity) for line in order.line_items] == [("GF-4x3", 1), ("BIN-2x1", 2)]


def test_everybodys_order_is_read_and_can_be_shipped() -> None:
    seen = set()
    for seed in range(150):
        stored = fresh("shopify", "orders/create", seed, varied=True)
        order = ShopifyOrder.read(stored)
        to = order.ship_to
        assert (str(order.total_price), order.currency) == (stored["total_price"], stored["currency"])
        assert (order.customer_name, order.customer_email) == (
            stored["shipping_address"]["name"],
            stored["email"],
        )
        assert [line.sku for line in order.line_items] == [line["sku"] for line in stored["line_items"]]
        asked = {
            "name": to.name, "address": to.address, "house_number": to.house_number, "city": to.city,
            "postal_code": to.postal_code, "country": to.country, "telephone": to.telephone, "email": to.email,
            "total_order_value": str(order.total_price), "total_order_value_currency": order.currency,
        }  # fmt: skip
        read(json.dumps({"parcel": asked}).encode())
        told = fresh("sendcloud", "parcel_status_changed", seed, varied=True)["parcel"]["country"]
        assert described(COUNTRIES[to.country]) == told
        seen.add(to.country)
    assert len(seen) == 10


def described(country: Country) -> dict[str, str]:
    return {"iso_2": country.iso_2, "iso_3": country.iso_3, "name": country.name}


@pytest.mark.parametrize("name", STATUSES)
def test_shipping_service_reads_the_parcel(name: str) -> None:
    example = load_example(FOLDER / "sendcloud", "parcel_status_changed", ())
    assert Announced.model_validate(example["parcel"]).carrier.code == "postnl"
    # These say nothing of where a parcel is.
    silent = {"error-collecting", "cancellation-failed", "address-invalid", "unknown"}
    assert (meaning(STATUSES[name].id) is None) is (name in silent)
