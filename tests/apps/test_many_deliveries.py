"""Many webhooks, twice and in any order, while the gateway and order-service come and go: every order once, none lost."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import remove_value, set_value
from devkit.webhooks.deliver import Pace, Summary, deliver
from devkit.webhooks.delivery import Delivery
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider

from tests.support.platform import ROOT, SECRETS, Platform
from tests.support.shop import rows

SIM_SPEED = "1"
# The provider tries again for hours; here every quarter of a second, for ten minutes.
PATIENT = Pace(timeout=5.0, concurrency=8, retries=(0.25,) * 2400)


def batch(platform: Platform, orders: int) -> Batch:
    example = load_example(Path(ROOT) / "dev" / "webhooks" / "shopify", "orders/create", ())
    # One line that is not a baseplate: what follows from an order is not the point here.
    changes = (
        partial(remove_value, path="line_items[0]"),
        partial(set_value, assignment="line_items[0].sku=VASE-1"),
    )
    return Batch(
        provider("shopify"), "orders/create", example, f"{platform['gateway'].url}/api/v1/webhooks/shopify",
        SECRETS["SHOPIFY_CLIENT_SECRET"], changes=changes, times=orders, duplicate=1, out_of_order=True, seed=orders,
    )  # fmt: skip


def disturb(platform: Platform, due: threading.Semaphore, stop: threading.Event) -> None:
    """One after the other is ended, now gently, now not, and started again; once each time that `due` is given."""
    turn = 0
    while due.acquire() and not stop.is_set():
        service = platform[("gateway", "order-service")[turn % 2]]
        service.stop(signal.SIGKILL if turn % 4 < 2 else signal.SIGTERM)
        service.start()
        turn += 1


def all_arrive(platform: Platform, orders: int, restart_after: int) -> Summary:
    """Sends so many orders twice, with a restart after each `restart_after` of them, and looks at what is stored."""
    sent: dict[str, int] = {}
    due, stop = threading.Semaphore(0), threading.Event()

    def remembered() -> Iterator[Delivery]:
        for delivery in deliveries(batch(platform, orders)):
            known = len(sent)
            sent[delivery.headers["X-Shopify-Webhook-Id"]] = json.loads(delivery.body)["id"]
            if len(sent) > known and len(sent) % restart_after == 0:
                due.release()
            yield delivery

    disturbing = threading.Thread(target=disturb, args=(platform, due, stop))
    disturbing.start()
    try:
        summary = deliver(remembered(), PATIENT)
    finally:
        stop.set()
        due.release()
        disturbing.join()
    assert summary.accepted == summary.total == 2 * orders, dict(summary.results)
    assert len(set(sent.values())) == len(sent) == orders
    ids = [str(id) for id in sent.values()]
    stored = "SELECT count(*), count(DISTINCT shopify_order_id) FROM orders WHERE shopify_order_id = ANY(%s)"
    assert rows(platform.database_url, stored, ids) == [(orders, orders)]
    lines = "SELECT count(*) FROM order_items JOIN orders ON orders.id = order_id WHERE shopify_order_id = ANY(%s)"
    assert rows(platform.database_url, lines, ids) == [(orders,)]
    receipts = "SELECT count(*) FROM webhook_receipts WHERE webhook_id = ANY(%s)"
    assert rows(platform.database_url, receipts, list(sent)) == [(orders,)]
    return summary


def test_four_hundred_deliveries(platform: Platform) -> None:
    summary = all_arrive(platform, 200, restart_after=20)
    assert summary.retried > 0, f"nothing was disturbed in {summary.seconds:.0f} s"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_thousand_deliveries(platform: Platform) -> None:
    summary = all_arrive(platform, 5000, restart_after=100)
    assert summary.retried > 0
