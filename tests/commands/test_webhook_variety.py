"""`devkit webhook …` without a seed is somebody else's order each time; with the one that it shows, the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.demo import Demo
from tests.support.examples import example
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.webhook_clone import webhook_clone


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return webhook_clone(tmp_path_factory.mktemp("clone"))


def bodies(receiver: HttpReceiver) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in receiver.calls]


def told(order: dict[str, Any]) -> tuple[Any, ...]:
    return (
        order["email"],
        order["total_price"],
        order["currency"],
        [line["sku"] for line in order["line_items"]],
    )


def test_each_is_another_and_the_seed_that_is_shown_repeats_it(clone: Demo) -> None:
    with http_receiver() as receiver:
        to = ("--to", receiver.url, "--secret-stdin")
        said = [clone.devkit("webhook", "shopify", "orders/create", *to, stdin="x").stderr for _ in range(4)]
        seed = said[0].partition("--seed ")[2].split(",")[0].strip()
        for topic in ("orders/create", "orders/paid"):
            clone.devkit("webhook", "shopify", topic, *to, "--seed", seed, stdin="x")
        clone.devkit("webhook", "shopify", "orders/create", *to, "--times", "5", stdin="x")
    orders = bodies(receiver)
    assert len({str(told(each)) for each in orders[:4]}) >= 3
    assert orders[4]["id"] == orders[5]["id"] == orders[0]["id"]
    assert told(orders[4]) == told(orders[5]) == told(orders[0])
    assert len({str(told(each)) for each in orders[6:]}) >= 4


def test_the_example_itself_on_demand(clone: Demo, tmp_path: Path) -> None:
    stored = example("shopify", "orders/create")
    path = tmp_path / "order.json"
    path.write_text(json.dumps(stored))
    steps = [{"topic": "orders/create"}, {"topic": "orders/paid"}]
    story = tmp_path / "story.yaml"
    story.write_text(yaml.safe_dump({"provider": "shopify", "steps": steps}))
    with http_receiver() as receiver:
        to = ("--to", receiver.url, "--secret-stdin")
        clone.devkit("webhook", "shopify", "orders/create", "--no-variety", *to, stdin="x")
        clone.devkit("webhook", "story", str(story), "--no-variety", *to, stdin="x")
        changed = ("--payload", str(path), "--set", "note=changed")
        given = clone.devkit("webhook", "shopify", "orders/create", *changed, *to, stdin="x")
        clone.devkit("webhook", "story", str(story), "--seed", "3", *to, stdin="x")
    *plain, created, paid = bodies(receiver)
    assert len(plain) == 4
    for order in plain:
        assert told(order) == told(stored)
    assert plain[-1] == stored | {"note": "changed"}
    assert "--seed" not in given.stderr, "nothing of a file follows from a seed"
    assert told(created) == told(paid) != told(stored)


def test_what_is_set_is_sent(clone: Demo) -> None:
    sets = ("--set", "email=me@example.com", "--set", "currency=XXX", "--set", "line_items[0].sku=MISSING-1")
    shown = clone.devkit("webhook", "shopify", "orders/create", *sets, "--dry-run").stdout
    order = json.loads(shown[shown.index("{") :])
    assert (order["email"], order["currency"], order["line_items"][0]["sku"]) == (
        "me@example.com",
        "XXX",
        "MISSING-1",
    )
