"""`devkit why` names the hop where an order waits: each one is stalled in turn, on the running platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from devkit.database.server import WaitPolicy
from devkit.operations.contract import Operations, opened
from devkit.operations.why import Hop, hops
from devkit.table.load import read_table

from tests.support.platform import ROOT, Platform
from tests.support.shop import Shop, eventually, execute, order

SIM_SPEED = "2000"
ROUTES = {
    "shopify": ("gateway", "order-service"),
    "simplyprint": ("gateway", "print-service"),
    "sendcloud": ("gateway", "shipping-service"),
}


@contextmanager
def operations(platform: Platform) -> Iterator[Operations]:
    """The platform's jobs and journal."""
    table = read_table(ROOT / "dev/services.yaml")
    with opened(table, platform.database_url, WaitPolicy(60)) as found:
        yield found


def waits(platform: Platform, body: dict[str, Any]) -> list[Hop]:
    """Where an order waits, as the command finds it."""
    with operations(platform) as found:
        named = found.subjects(str(body["id"]))
        if not named:
            return []
        subject = named[0][0]
        queues = {queue.queue: queue for queue in found.queues()}
        return hops(found.journal(subject), found.jobs_about(subject), queues, routes=ROUTES)


@contextmanager
def stopped(platform: Platform, service: str) -> Iterator[None]:
    platform[service].stop()
    try:
        yield
    finally:
        platform[service].start()


@contextmanager
def paused(platform: Platform, queue: str) -> Iterator[None]:
    with operations(platform) as found:
        found.call("pause", queue)
    try:
        yield
    finally:
        with operations(platform) as found:
            found.call("resume", queue)


@contextmanager
def silent(platform: Platform) -> Iterator[None]:
    """The providers take everything, and tell nothing."""
    sim = platform["provider-sim"].url
    httpx.post(f"{sim}/sim/clock", json={"paused": True})
    try:
        yield
    finally:
        httpx.post(f"{sim}/sim/clock", json={"paused": False})


STALLS: dict[str, tuple[Callable[[Platform], Any], tuple[str, ...], str, str, str]] = {
    "the modeller is down": (
        lambda platform: stopped(platform, "gridflock-service"), ("GF-2x2",),
        "order-service → gridflock-service", "no worker", "restart gridflock-service",
    ),
    "the print queue is paused": (
        lambda platform: paused(platform, "print-service"), ("VASE-1",),
        "order-service → print-service", "paused", "resume print-service",
    ),
    "print-service is down": (
        lambda platform: stopped(platform, "print-service"), ("VASE-1",),
        "order-service → print-service", "no worker", "restart print-service",
    ),
    "SimplyPrint is away": (
        lambda platform: stopped(platform, "provider-sim"), ("VASE-1",),
        "print-service → SimplyPrint", "retrying", "retry",
    ),
    "SimplyPrint is silent": (
        silent, ("VASE-1",), "SimplyPrint → gateway", "outside", "job.started",
    ),
    "what was printed is not taken back": (
        lambda platform: paused(platform, "order-service"), ("VASE-1",),
        "print-service → order-service", "paused", "resume order-service",
    ),
    "shipping-service is down": (
        lambda platform: stopped(platform, "shipping-service"), ("VASE-1",),
        "order-service → shipping-service", "no worker", "restart shipping-service",
    ),
}  # fmt: skip


@pytest.mark.parametrize("stall", STALLS)
def test_the_hop_that_stalls_is_named(platform: Platform, shop: Shop, stall: str) -> None:
    stalled, skus, hop, state, todo = STALLS[stall]
    body = order(*skus)
    with stalled(platform):
        shop.post("orders/create", body).raise_for_status()

        def named() -> Hop | None:
            found = waits(platform, body)
            return found[0] if found and (found[0].hop, found[0].state) == (hop, state) else None

        first = eventually(f"it waits at {hop}", named)
        assert todo in first.todo
        assert first.since is not None
        if stall == "SimplyPrint is away":
            assert "SimplyPrint does not answer (ConnectError)" in first.what
    shop.wait_for(str(body["id"]), "delivered")
    eventually("it waits for nothing", lambda: waits(platform, body) == [])


def test_what_waits_is_told_by_its_service(platform: Platform, shop: Shop) -> None:
    def backlog() -> dict[str, Any]:
        told = httpx.get(f"{platform['print-service'].url}/health/ready").json()["backlog"]
        assert isinstance(told, dict)
        return told

    with paused(platform, "print-service"):
        bought = shop.buy("VASE-1")
        waiting = eventually("it is told", lambda: found if (found := backlog())["waiting"] == 1 else None)
        assert (waiting["dead"], waiting["growing"]) == (0, False)
        eventually("its age is told", lambda: backlog()["oldest_seconds"] > 0)
    shop.wait_for(bought, "delivered")
    eventually("nothing waits", lambda: backlog()["waiting"] == 0)


def test_who_decides_is_named(platform: Platform, shop: Shop) -> None:
    nowhere = order("VASE-1") | {"shipping_address": None}
    unpaid = order("VASE-1") | {"financial_status": "pending"}
    for body in (nowhere, unpaid):
        shop.post("orders/create", body).raise_for_status()
    (person,), (shop_acts,) = waits(platform, nowhere), waits(platform, unpaid)
    assert (person.hop, person.stuck) == ("order-service → a person", True)
    assert "no address" in person.what
    assert shop_acts.hop == "shop → gateway"
    assert "payment is pending" in shop_acts.what
    # The reason changes, the order's status does not.
    shop.post(
        "orders/updated", unpaid | {"financial_status": "paid", "shipping_address": None}
    ).raise_for_status()
    (now,) = waits(platform, unpaid)
    assert now.hop == "order-service → a person"
    shop.post("orders/cancelled", nowhere).raise_for_status()
    assert waits(platform, nowhere) == []


def test_a_webhook_that_could_not_be_acted_upon_is_named(platform: Platform, shop: Shop) -> None:
    """With its order, where there is one."""
    bought = shop.buy("VASE-1")
    shop.wait_for(bought, "delivered")
    for subject in (bought, "4711"):
        execute(
            platform.database_url,
            "INSERT INTO webhook_receipts (id, provider, webhook_id, topic, subject, triggered_at, account, outcome, problem)"
            " VALUES (gen_random_uuid(), 'shopify', %s, 'orders/updated', %s, '', '', 'kept', 'KeyError, in this service')",
            f"kept-{subject}", subject,
        )  # fmt: skip
        (kept,) = waits(platform, {"id": subject})
        assert (kept.hop, kept.stuck) == ("webhooks → a person", True)
        assert kept.what == "webhook kept (orders/updated: KeyError, in this service)"


def test_one_trace_runs_from_the_webhook_to_the_parcel(platform: Platform, shop: Shop) -> None:
    """Providers begin traces of their own: all that is done because of what they tell is in theirs."""
    body = order("GF-2x3")
    shop.post("orders/create", body).raise_for_status()
    shop.wait_for(str(body["id"]), "delivered")
    with operations(platform) as found:
        [(subject, title, _)] = found.subjects(str(body["id"]))
        entries = found.journal(subject)
    assert title == body["name"]
    by_cause = {entry.trace: entry.cause for entry in entries if entry.cause.startswith("webhook")}
    assert len(by_cause) == len({entry.trace for entry in entries}), "each trace began with a webhook"
    first = entries[0].trace
    reached = {entry.service for entry in entries if entry.trace == first}
    assert reached == {"order-service", "gridflock-service", "print-service"}
    done = next(entry.trace for entry in entries if entry.what == "done at SimplyPrint")
    assert {entry.service for entry in entries if entry.trace == done} == {
        "print-service", "order-service", "shipping-service",
    }  # fmt: skip
    assert [entry.what for entry in entries if entry.service == "gridflock-service"] == ["model made"]
