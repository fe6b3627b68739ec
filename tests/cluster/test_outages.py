"""Orders go all their way while everything beneath them is stopped, killed, emptied and replaced: none lost, none doubled.

Read from the platform's tables and its journal, and from the simulated providers' own ledger.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
from devkit.base.errors import DevkitError
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.cluster.wait import wait_for_rollout

from tests.support.deployed import Deployed, kubectl
from tests.support.figures import Figures
from tests.support.polling import PATIENCE
from tests.support.production import SCALED
from tests.support.shop import eventually

pytestmark = [pytest.mark.images, pytest.mark.timeout(7200)]

ORDERS = int(os.environ.get("DEVKIT_TEST_ORDERS", "200"))
SOAK = 10_000
# Each fault happens once in so many orders.
A_ROUND = 500
FIGURES = ("Orders", "Faults", "Lost", "Doubled", "Took", "Orders a second")
# Orders a second: they come in during all of the faults.
RATE = 4.0


def sql(platform: Deployed, query: str) -> list[list[str]]:
    """Rows of a query on the platform's Postgres, as text; none while that does not answer, or cannot be asked."""
    command = ("psql", "-U", "forma3d", "-d", "forma3d", "-At", "-c", query)
    try:
        done = execute(platform.cluster, platform.namespace, "postgres", *command)
    except DevkitError:
        return []
    return [line.split("|") for line in done.stdout.decode().splitlines()] if done.code == 0 else []


def one(platform: Deployed, query: str) -> str:
    """The one value of a query; empty while Postgres does not answer."""
    rows = sql(platform, query)
    return rows[0][0] if rows else ""


def asked(platform: Deployed, query: str) -> list[list[str]]:
    """Rows of a query, once Postgres answers; there must be some."""
    return eventually(f"Postgres answers {query}", lambda: sql(platform, query))


@contextmanager
def twice(platform: Deployed) -> Iterator[None]:
    """Two replicas of each service that scales."""
    names = [f"deployment/{name}" for name in SCALED]
    kubectl("-n", platform.namespace, "scale", "--replicas=2", *names)
    try:
        for name in SCALED:
            wait_for_rollout(platform.cluster, platform.namespace, name, 240)
        yield
    finally:
        kubectl("-n", platform.namespace, "scale", "--replicas=1", *names)
        for name in (*SCALED, "postgres", "redis"):
            wait_for_rollout(platform.cluster, platform.namespace, name, 240)


def gone(platform: Deployed, app: str, *how: str) -> None:
    """Deletes a pod of `app`."""
    found = kubectl("-n", platform.namespace, "get", "pods", "-l", f"app={app}", "-o", "name").split()
    assert found, app
    kubectl("-n", platform.namespace, "delete", found[0], "--wait=false", *how, check=False)


def faults(platform: Deployed) -> list[Callable[[], object]]:
    """What happens, one after the other."""
    killed = ("--force", "--grace-period=0")
    empty = ("redis-cli", "FLUSHALL")
    return [
        lambda: gone(platform, "print-service"),
        lambda: gone(platform, "order-service", *killed),
        lambda: execute(platform.cluster, platform.namespace, "redis", *empty),
        lambda: gone(platform, "gateway"),
        lambda: gone(platform, "print-service", *killed),
        lambda: gone(platform, "redis", *killed),
        lambda: gone(platform, "gridflock-service", *killed),
        lambda: gone(platform, "shipping-service", *killed),
        lambda: gone(platform, "order-service"),
        lambda: gone(platform, "postgres"),
        lambda: gone(platform, "gateway", *killed),
        lambda: gone(platform, "shipping-service"),
    ]


def shopping(
    platform: Deployed, placed: list[str], enough: threading.Event, orders: int, rate: float = RATE
) -> None:
    """Customers buy at a `rate` (a second) that does not wait for anything, until all have."""
    with (
        forward(platform.cluster, platform.namespace, "provider-sim", 3005) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as sim,
    ):
        # A print takes some 7 s: longer than anybody needs to take over the job that asked for it.
        sim.post("/sim/clock", json={"speed": 50}).raise_for_status()
        while len(placed) < orders and not enough.is_set():
            began = time.monotonic()
            with suppress(httpx.TransportError):
                answer = sim.post("/sim/shop/orders", json={"seed": len(placed)})
                if answer.is_success:
                    placed.append(answer.json()["shopify_order_id"])
            time.sleep(max(0.05, 1 / rate - (time.monotonic() - began)))


def wait_until_delivered(platform: Deployed, placed: list[str]) -> None:
    """Until all of these orders are."""
    mine = ", ".join(f"'{each}'" for each in placed)
    undone = f"SELECT count(*) FROM orders WHERE status <> 'delivered' AND shopify_order_id IN ({mine})"
    eventually("all are delivered", lambda: one(platform, undone) == "0", 4 * PATIENCE)


@pytest.mark.parametrize("orders", [ORDERS, pytest.param(SOAK, marks=pytest.mark.soak)])
def test_no_order_is_lost_and_none_is_doubled(platform: Deployed, orders: int) -> None:
    began = time.monotonic()
    placed: list[str] = []
    enough = threading.Event()
    first = "SELECT now(), (SELECT coalesce(max(id), 0) FROM sim.jobs), (SELECT coalesce(max(id), 0) FROM sim.parcels)"
    [[since, job, parcel]] = asked(platform, first)
    with twice(platform):
        buying = threading.Thread(target=shopping, args=(platform, placed, enough, orders))
        buying.start()
        try:
            happening = faults(platform) * max(1, orders // A_ROUND)
            for number, fault in enumerate(happening, 1):
                share = orders * number // (len(happening) + 1)
                eventually("orders come in", lambda share=share: len(placed) >= share, 300)  # type: ignore[misc]
                fault()
            buying.join(300)
        finally:
            enough.set()
            buying.join()
        assert len(placed) == orders
        undone = f"SELECT count(*) FROM orders WHERE created_at >= '{since}' AND status <> 'delivered'"
        eventually("all are delivered", lambda: one(platform, undone) == "0", 2 * PATIENCE + orders)
        eventually("no job is left", lambda: one(platform, "SELECT count(*) FROM operations.jobs") == "0")
        _nothing_lost(platform, placed, since)
        _nothing_doubled(platform, since, job, parcel)
    # Whatever was lost or doubled has ended the test.
    command = f"DEVKIT_TEST_ORDERS={orders} ./devkit test --cluster tests/cluster/test_outages.py"
    figures = Figures("outages", command, FIGURES)
    took = time.monotonic() - began
    figures.add(str(orders), str(len(happening)), "0", "0", f"{took / 60:.0f} min", f"{orders / took:.1f}")
    figures.write()


def _nothing_lost(platform: Deployed, placed: list[str], since: str) -> None:
    told = f"""
    SELECT o.shopify_order_id FROM orders o JOIN journal j ON j.order_id = o.id AND j.what = 'order delivered'
    WHERE o.created_at >= '{since}'
    """
    delivered = [row[0] for row in asked(platform, told)]
    assert set(placed) <= set(delivered)
    assert len(delivered) == len(set(delivered))


def _nothing_doubled(platform: Deployed, since: str, job: str, parcel: str) -> None:
    """Whatever a provider was asked for since then is somebody's, and the journal tells each step once."""
    strangers = f"""
    SELECT (SELECT count(*) FROM sim.jobs WHERE id > {job} AND id::text NOT IN
              (SELECT simplyprint_id FROM order_items WHERE simplyprint_id IS NOT NULL)),
      (SELECT count(*) FROM sim.parcels WHERE id > {parcel} AND id::text NOT IN
         (SELECT sendcloud_id FROM parcels WHERE sendcloud_id IS NOT NULL)),
      (SELECT count(*) FROM order_items i JOIN orders o ON o.id = i.order_id
       WHERE o.created_at >= '{since}' AND i.print_attempt > 1)
    """
    # The namespace is gone once this has failed: so the failure tells of the prints that are nobody's.
    about = f"""
    SELECT s.*, (SELECT string_agg(r.topic || ' ' || r.received_at, ', ') FROM webhook_receipts r
                 WHERE r.provider = 'simplyprint' AND r.subject = s.id::text),
      (SELECT string_agg(j.at || ' ' || j.detail || ' ' || j.cause, ', ' ORDER BY j.at)
       FROM journal j JOIN print_jobs p ON p.id::text = j.thread
       WHERE j.what = 'queued at SimplyPrint' AND s.filename LIKE p.sku || '%'
         AND abs(extract(epoch FROM j.at) - s.started) < 60)
    FROM sim.jobs s WHERE s.id > {job} AND s.id::text NOT IN
      (SELECT simplyprint_id FROM order_items WHERE simplyprint_id IS NOT NULL)
    """
    found = asked(platform, strangers)
    assert found == [["0", "0", "0"]], sql(platform, about)
    twice_told = f"""
    SELECT j.order_id, j.thread, j.what FROM journal j JOIN orders o ON o.id = j.order_id
    WHERE o.created_at >= '{since}' AND (j.cause LIKE 'message %' OR j.what <> 'announced at Sendcloud')
      AND j.what IN ('queued at SimplyPrint', 'done at SimplyPrint', 'announced at Sendcloud', 'model made',
                     'parcel asked for', 'order delivered')
    GROUP BY 1, 2, 3 HAVING count(*) > 1
    """
    assert asked(platform, f"SELECT count(*) FROM ({twice_told}) doubled") == [["0"]]
