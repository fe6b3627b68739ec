"""The stored examples, as they are and as they are sent: with new ids and times, and followed when people change them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from devkit.webhooks.payload import load_example
from devkit.webhooks.provider import GenerationContext, Payload
from devkit.webhooks.providers import provider

from tests.support.platform import ROOT

__all__ = ["FOLDER", "NOW", "changed", "example", "fresh"]

FOLDER = Path(ROOT) / "dev" / "webhooks"
NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def example(name: str, topic: str) -> dict[str, Any]:
    """An example as it is stored."""
    return load_example(FOLDER / name, topic, provider(name).topics)


def fresh(
    name: str, topic: str, seed: object, now: datetime = NOW, *, varied: bool = False, order: str = ""
) -> dict[str, Any]:
    """It with the ids and times of `seed` and `now`, and with `varied` the customer and the basket of the seed, or of `order`."""
    moment = GenerationContext(now, Random(str(seed)), varied, order)
    return provider(name).freshen(topic, example(name, topic), moment)


def changed(name: str, topic: str, *changes: tuple[Callable[[Payload, str], None], str]) -> dict[str, Any]:
    """What is sent of an example that people change."""
    before = fresh(name, topic, 7)
    after = copy.deepcopy(before)
    for change, argument in changes:
        change(after, argument)
    return provider(name).follow(before, after)
