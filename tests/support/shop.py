"""Orders as Shopify sends them, and waiting for what becomes of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import psycopg
from signatures import scheme

from tests.support.platform import SECRETS
from tests.support.polling import PATIENCE, looks

__all__ = ["Shop", "eventually", "execute", "order", "rows"]

T = TypeVar("T")
_ids = itertools.count(820982911946154508)


def order(*skus: str, order_id: int | None = None) -> dict[str, Any]:
    """The body of `orders/create` for a paid order, one line item a SKU."""
    number = order_id or next(_ids)
    return {
        "id": number,
        "name": f"#{number % 100000}",
        "email": "ada@example.com",
        "financial_status": "paid",
        "currency": "EUR",
        "total_price": "49.90",
        "customer": {"first_name": "Ada", "last_name": "Byron"},
        "shipping_address": {
            "name": "Ada Byron",
            "address1": "Kerkstraat 1",
            "city": "Gent",
            "zip": "9000",
            "country_code": "BE",
        },
        "line_items": [{"id": next(_ids), "title": f"Item {sku}", "sku": sku, "quantity": 1} for sku in skus],
    }


def eventually(what: str, ask: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Asks until the answer is true (not None, not empty); fails after `seconds`."""
    for _ in looks(seconds):
        answer = ask()
        if answer:
            return answer
    raise AssertionError(f"not within {seconds} s: {what}")


def rows(database_url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The result of a query."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def execute(database_url: str, statement: str, *values: object) -> None:
    """Changes something."""
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode(), values)


class Shop:
    """Posts Shopify's webhooks to a gateway and reads orders as the page does."""

    def __init__(self, gateway_url: str, secret: str = SECRETS["SHOPIFY_CLIENT_SECRET"]) -> None:
        self.http = httpx.Client(base_url=gateway_url, timeout=PATIENCE)
        self._secret = secret
        # Unlike id(self), never the same again in a later shop.
        self._webhooks = (f"w-{uuid4()}" for _ in itertools.count())

    def sign_in(self) -> None:
        """Signs in as the seeded user."""
        credentials = {"email": "dev@forma3d.local", "password": SECRETS["LOGIN_PASSWORD"]}
        answer = self.http.post("/api/v1/auth/login", json=credentials)
        assert answer.status_code == 200, answer.text

    def post(self, topic: str, body: dict[str, Any], webhook_id: str | None = None) -> httpx.Response:
        """Posts a signed webhook."""
        raw = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": webhook_id or next(self._webhooks),
            **scheme("shopify").sign(self._secret, raw),
        }
        return self.http.post("/api/v1/webhooks/shopify", content=raw, headers=headers)

    def buy(self, *skus: str) -> str:
        """Puts a new order in; returns Shopify's id of it."""
        body = order(*skus)
        answer = self.post("orders/create", body)
        assert (answer.status_code, answer.json()) == (200, {"status": "stored"}), answer.text
        return str(body["id"])

    def find(self, shopify_order_id: str) -> dict[str, Any] | None:
        """The order, as the API shows it."""
        answer = self.http.get("/api/v1/orders", params={"limit": 500})
        assert answer.status_code == 200, answer.text
        found = [o for o in answer.json()["orders"] if o["shopify_order_id"] == shopify_order_id]
        return found[0] if found else None

    def wait_for(self, shopify_order_id: str, status: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The order, once it has that status."""

        def reached() -> dict[str, Any] | None:
            found = self.find(shopify_order_id)
            return found if found and found["status"] == status else None

        try:
            return eventually(f"order {shopify_order_id} is {status}", reached, seconds)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; it is {self.find(shopify_order_id)}") from None
