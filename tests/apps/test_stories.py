"""The stories of dev/webhooks/stories, told to the platform: each step is answered as it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import set_value
from devkit.webhooks.deliver import Pace, deliver_one
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider
from devkit.webhooks.story import Send, read_story

from tests.support.platform import ROOT, SECRETS, Platform

STORIES = sorted((Path(ROOT) / "dev" / "webhooks" / "stories").glob("*.yaml"))
SIM_SPEED = "1"  # nothing is printed before it is cancelled


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_is_answered_as_it_says(platform: Platform, path: Path) -> None:
    for step in read_story(path).steps:
        if not isinstance(step, Send):
            continue
        sender = provider(step.provider)
        example = load_example(path.parent.parent / step.provider, step.topic, sender.topics)
        for key, value in step.changes.items():
            set_value(example, f"{key}={value}")
        url = platform["gateway"].url + "/api/v1/webhooks/shopify"
        batch = Batch(sender, step.topic, example, url, SECRETS["SHOPIFY_CLIENT_SECRET"], seed=7)
        answer = deliver_one(next(deliveries(batch)), Pace(60))
        assert answer.status in step.expected, (step.topic, answer)
