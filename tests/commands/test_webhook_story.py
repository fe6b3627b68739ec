"""`devkit webhook story`: steps in order, about the same order, answered as expected or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from devkit.base.errors import DevkitError
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider
from devkit.webhooks.story import Send, read_story

from tests.support.demo import Demo
from tests.support.platform import ROOT
from tests.support.webhook_clone import webhook_clone
from tests.support.webhook_receiver import Received, serving

STORIES = sorted((Path(ROOT) / "dev" / "webhooks" / "stories").glob("*.yaml"))


class Shop:
    """Answers by topic, and remembers."""

    methods = ("POST",)
    limit = 2**20

    def __init__(self, **answers: int) -> None:
        self.answers, self.got = answers, list[Received]()

    def answer(self, request: Received) -> int:
        self.got.append(request)
        return self.answers.get(dict(request.headers)["x-shopify-topic"].partition("/")[0], 200)

    @property
    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(each.body) for each in self.got]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return webhook_clone(tmp_path_factory.mktemp("clone"))


def written(folder: Path, **story: object) -> str:
    path = folder / "story.yaml"
    path.write_text(yaml.safe_dump(story), "utf-8")
    return str(path)


def test_the_steps_are_about_the_same_order(clone: Demo, tmp_path: Path) -> None:
    shop = Shop(refunds=404)
    steps = [
        {"topic": "orders/create", "set": {"line_items[0].quantity": 3}},
        {"pause": 0.01},
        {"topic": "orders/cancelled", "expect": [200, 409]},
        {"topic": "refunds/create", "expect": "4xx"},
    ]
    path = written(tmp_path, about="All of it.", provider="shopify", steps=steps)
    with serving(shop) as url:
        done = clone.devkit("webhook", "story", path, "--to", url, "--secret-stdin", stdin="hush")
    order, cancelled, refund = shop.bodies
    assert order["id"] == cancelled["id"] == refund["order_id"]
    assert order["line_items"][0]["quantity"] == 3  # type: ignore[index]
    assert "devkit: All of it. (--seed " in done.stderr
    assert "2. a pause of 0.01 s" in done.stderr
    assert f"4. shopify refunds/create → {url}: 404" in done.stderr
    seed = done.stderr.partition("--seed ")[2].partition(")")[0]
    again = Shop(refunds=404)
    with serving(again) as url:
        clone.devkit("webhook", "story", path, "--to", url, "--secret-stdin", "--seed", seed, stdin="hush")
    assert again.bodies[0]["id"] == order["id"], "the seed that was shown gives the same ids"


def test_it_ends_at_the_first_that_is_answered_otherwise(clone: Demo, tmp_path: Path) -> None:
    shop = Shop(orders=401)
    path = written(tmp_path, provider="shopify", steps=[{"topic": "orders/create"}, {"topic": "orders/paid"}])
    with serving(shop) as url:
        done = clone.devkit(
            "webhook", "story", path, "--to", url, "--secret-stdin", check=False, stdin="hush"
        )
    assert (done.returncode, len(shop.got)) == (1, 1)
    assert ": 401, order " in done.stderr
    assert ", expected 2xx" in done.stderr


def test_without_a_name_all_are_listed(clone: Demo) -> None:
    shown = clone.devkit("webhook", "story").stdout
    assert all(path.stem in shown for path in STORIES)
    unknown = clone.devkit("webhook", "story", "nothing-like-it", check=False)
    assert (unknown.returncode, "order-cancelled" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_ours_can_be_told(path: Path) -> None:
    story = read_story(path)
    assert story.about
    for step in story.steps:
        if isinstance(step, Send):
            assert load_example(
                path.parent.parent / step.provider, step.topic, provider(step.provider).topics
            )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [", "story.yaml:1: not YAML"),
        ("- 1", "story.yaml: no list of steps"),
        ("steps: []", "no list of steps"),
        ("steps: [1]", "step 1: neither a topic nor a pause"),
        ("steps: [{pause: 1}, {pause: -1}]", "step 2: pause is -1"),
        ("steps: [{pause: true}]", "step 1: pause is True"),
        ("steps: [{topic: orders/create}]", "step 1: no provider"),
        ("{provider: shopify, steps: [{set: {a: 1}}]}", "step 1: no topic"),
        ("{provider: shopify, steps: [{topic: x, set: [1]}]}", "step 1: set is no mapping"),
        ("{provider: shopify, steps: [{topic: x, expect: ok}]}", "step 1: expect ok: 'ok' is no status"),
        ("{provider: shopify, steps: [{topic: x, wait: 1}]}", "step 1: unknown key 'wait'"),
        ("{provider: shopify, seed: a, steps: [{pause: 1}]}", "seed is 'a'"),
        ("{pause: 1, steps: [{pause: 1}]}", "unknown key 'pause'"),
    ],
)
def test_a_mistake_names_its_step(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    with pytest.raises(DevkitError) as raised:
        read_story(path)
    assert message in raised.value.message
    assert raised.value.exit_code == 2
