"""Two of each service on one database and one Redis: they share the work, and nobody can tell with which of them he speaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.support.live import events, listening
from tests.support.platform import Platform
from tests.support.polling import PATIENCE
from tests.support.shop import Shop, eventually, rows
from tests.support.storage import RedisServer

SCALED = ["gateway", "order-service", "print-service", "shipping-service", "gridflock-service"]


@pytest.fixture(scope="module")
def second(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory, database_url: str, redis: RedisServer
) -> Iterator[Platform]:
    """Another copy of each service, with the first one's simulator."""
    folder = tmp_path_factory.mktemp("second")
    with Platform.prepared(folder, database_url, redis.url, only=SCALED) as copies:
        for name, copy in copies.services.items():
            addresses = {key: value for key, value in platform[name].env.items() if key.endswith("_URL")}
            # The second gateway calls the second of each.
            own = (
                {} if name != "gateway" else {k: v for k, v in copy.env.items() if k.endswith("_SERVICE_URL")}
            )
            copy.env |= addresses | own
        copies.start()
        yield copies


@dataclass
class Page:
    """A board that applies what it is told, as the page does."""

    socket: ClientConnection
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def listen(self) -> None:
        """Until the socket is closed."""
        try:
            for name, order in events(self.socket, 10 * PATIENCE):
                if name == "order.updated":
                    known = self.orders.get(order["shopify_order_id"], order)
                    # Whichever of two services told it first.
                    if known["updated_at"] <= order["updated_at"]:
                        self.orders[order["shopify_order_id"]] = order
        except ConnectionClosed:
            pass


def test_a_session_is_one_of_all_gateways(platform: Platform, second: Platform) -> None:
    here, there = Shop(platform["gateway"].url), Shop(second["gateway"].url)
    here.sign_in()
    there.http.cookies = here.http.cookies
    assert there.http.get("/api/v1/orders").status_code == 200
    assert there.http.post("/api/v1/auth/logout").is_success
    assert here.http.get("/api/v1/orders").status_code == 401


def test_every_page_ends_with_the_same_right_board(platform: Platform, second: Platform, shop: Shop) -> None:
    """Orders come in at both gateways, are worked on by both of each service, and are told to pages at both."""
    workers = rows(platform.database_url, "SELECT queue, workers FROM operations.queues ORDER BY queue")
    assert workers == [(name, 2) for name in sorted(SCALED[1:])]
    other = Shop(second["gateway"].url)
    cookie = shop.http.cookies["forma3d_session"]
    with ExitStack() as stack:
        pages = [
            Page(stack.enter_context(listening(each["gateway"].url, cookie)))
            for each in (platform, second) * 3
        ]
        readers = [threading.Thread(target=page.listen) for page in pages]
        for reader in readers:
            reader.start()
        bought = [each.buy("PIN-KEYCHAIN-01", "GF-2x2") for each in (shop, other) * 6]

        def told(page: Page) -> bool:
            return all(page.orders.get(each, {}).get("status") == "delivered" for each in bought)

        eventually("every page is told of the end", lambda: all(map(told, pages)), 4 * PATIENCE)
        right = {each: shop.find(each) for each in bought}

        def is_right(page: Page) -> bool:
            return {each: page.orders[each] for each in bought} == right

        eventually("every page is right", lambda: all(map(is_right, pages)))
        for page in pages:
            page.socket.close()
        for reader in readers:
            reader.join(PATIENCE)
    doubled = "SELECT count(*) FROM journal GROUP BY order_id, thread, what, detail HAVING count(*) > 1"
    assert rows(platform.database_url, doubled) == []
