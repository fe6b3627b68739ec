"""What `up` proposes to send next."""

from __future__ import annotations

from dataclasses import replace

from devkit.model import Table
from devkit.render.examples import first_example


def test_the_tables_first_example_of_a_service_that_runs(shop: Table) -> None:
    taker = next(service for service in shop.services.values() if service.webhooks)
    hook = next(iter(taker.webhooks.values()))
    with_one = replace(taker, webhooks={hook.provider: replace(hook, example="paid")})
    table = replace(shop, services={**shop.services, taker.name: with_one})
    assert first_example(table, {taker.name}) == f"./devkit webhook {hook.provider} paid"
    assert first_example(table, set()) is None
    without = replace(taker, webhooks={hook.provider: replace(hook, example=None)})
    assert first_example(replace(shop, services={taker.name: without}), {taker.name}) is None
