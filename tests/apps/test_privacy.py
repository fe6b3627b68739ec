"""Raw bodies of webhooks and the privacy topics: what is kept, for how long, and what is forgotten on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from common.receipts import WebhookReceipt
from common.retention import forget
from order_service import inbox
from sqlalchemy import text

from tests.support.orders import Desk, desk, taken
from tests.support.shop import order, rows
from tests.support.storage import RedisServer


@pytest.fixture
def shopify(postgres_server: Any, redis: RedisServer) -> Iterator[Desk]:
    with desk(postgres_server.create(postgres_server.template), redis.url) as made:
        yield made


def of_customer(customer: int, **changes: Any) -> dict[str, Any]:
    body = order("VASE-1") | changes
    body["customer"]["id"] = customer
    return body


def bodies(shopify: Desk) -> list[str]:
    """The topics whose bodies are still there."""
    return [receipt.topic for receipt in shopify.receipts() if receipt.body is not None]


def everything(shopify: Desk) -> str:
    """All text of the database."""
    url = shopify.context.database.engine.url.render_as_string(hide_password=False)
    plain = url.replace("postgresql+psycopg", "postgresql")
    tables = [name for (name,) in rows(plain, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(rows(plain, f"SELECT t::text FROM {table} t")) for table in tables)


def test_the_address_in_a_parcel_that_waits_is_forgotten(shopify: Desk) -> None:
    body = of_customer(9)
    found = taken(shopify, body)
    shopify.tell(found, "done")
    assert "Kerkstraat" in str(dict(shopify.sent(found.id))["create_parcel"])
    redact = {"shop_domain": "a.myshopify.com", "customer": {"id": 9}, "orders_to_redact": [body["id"]]}
    assert shopify.take("customers/redact", redact) == "stored"
    assert dict(shopify.sent(found.id))["create_parcel"]["to"] == {}
    assert "Kerkstraat" not in everything(shopify)


def test_a_customer_is_forgotten(shopify: Desk) -> None:
    mine, others = of_customer(7), of_customer(8, email="charles@example.com")
    for body in (mine, others):
        shopify.take("orders/create", body)
    shopify.take("customers/update", {"id": 7, "email": "ada@example.com", "first_name": "Ada"})
    assert "Kerkstraat" in everything(shopify)
    redact = {
        "shop_domain": "a.myshopify.com",
        "customer": {"id": 7, "email": "ada@example.com"},
        "orders_to_redact": [mine["id"]],
    }
    assert shopify.take("customers/redact", redact) == "stored"
    found = shopify.order(mine["id"])
    assert (found.customer, found.email, found.number) == ("redacted", "", mine["name"])
    assert bodies(shopify) == ["orders/create"]
    assert "ada@example.com" not in everything(shopify)
    assert shopify.order(others["id"]).customer == "Ada Byron"
    assert ("redact_parcel", {"order_id": str(found.id)}) in shopify.sent(found.id)
    shopify.take("orders/updated", mine)
    again = shopify.order(mine["id"])
    assert (again.customer, again.email) == ("redacted", ""), "a late webhook brings nothing back"
    (request,) = shopify.run(inbox.list_privacy_requests(shopify.context))
    assert (request.topic, request.customer_id, request.orders, request.bodies) == (
        "customers/redact",
        "7",
        1,
        3,
    )


def test_a_shop_is_forgotten(shopify: Desk) -> None:
    ours, theirs = of_customer(7), of_customer(8)
    shopify.take("orders/create", ours, shop="a.myshopify.com")
    shopify.take("orders/create", theirs, shop="b.myshopify.com")
    assert shopify.take("shop/redact", {"shop_id": 1, "shop_domain": "a.myshopify.com"}) == "stored"
    assert (shopify.order(ours["id"]).customer, shopify.order(theirs["id"]).customer) == (
        "redacted",
        "Ada Byron",
    )
    assert bodies(shopify) == ["orders/create"]


def test_what_is_held_of_a_customer_can_be_handed_out(shopify: Desk) -> None:
    mine, others = of_customer(7), of_customer(8)
    for body in (mine, others):
        shopify.take("orders/create", body)
    asked = {
        "shop_domain": "a.myshopify.com",
        "customer": {"id": 7},
        "orders_requested": [mine["id"]],
        "data_request": {"id": 9},
    }
    assert shopify.take("customers/data_request", asked) == "stored"
    (request,) = shopify.run(inbox.list_privacy_requests(shopify.context))
    held = shopify.run(inbox.get_held(shopify.context, request.id))
    assert [found.shopify_order_id for found in held.orders] == [str(mine["id"])]
    assert held.addresses[str(mine["id"])]["address"] == "Kerkstraat 1"
    assert [webhook.topic for webhook in held.webhooks] == ["orders/create", "customers/data_request"]
    assert "Kerkstraat 1" in (held.webhooks[0].body or "")
    assert shopify.order(mine["id"]).customer == "Ada Byron"


@pytest.mark.parametrize(
    "body",
    [{}, {"customer": 1, "orders_to_redact": {}}, {"customer": {"id": "x"}, "orders_to_redact": [[], None]}],
)
def test_a_request_that_names_nobody_forgets_nobody(shopify: Desk, body: dict[str, Any]) -> None:
    mine = of_customer(7)
    shopify.take("orders/create", mine)
    assert shopify.take("customers/redact", body) == "stored"
    assert shopify.order(mine["id"]).customer == "Ada Byron"
    assert "orders/create" in bodies(shopify)


def test_bodies_are_forgotten_after_so_many_days(shopify: Desk) -> None:
    old, new = of_customer(7), of_customer(8)
    shopify.take("orders/create", old, webhook_id="old")
    shopify.take("orders/create", new)

    async def age() -> None:
        async with shopify.context.database.transaction() as session:
            earlier = "UPDATE webhook_receipts SET received_at = now() - interval '29 days' WHERE webhook_id = 'old'"
            await session.execute(text(earlier))

    shopify.run(age())
    for days, forgotten in ((30, 0), (29, 1), (29, 0)):
        assert shopify.run(forget(shopify.context.database, "sendcloud", days)) == 0
        assert shopify.run(forget(shopify.context.database, "shopify", days)) == forgotten
    (receipt,) = shopify.receipts(WebhookReceipt.webhook_id == "old")
    assert (receipt.body, receipt.person, receipt.subject) == (None, None, str(old["id"]))
    assert shopify.take("orders/create", old, webhook_id="old") == "duplicate", "it is known all the same"
    assert bodies(shopify) == ["orders/create"]
