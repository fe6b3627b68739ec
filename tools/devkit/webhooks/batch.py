"""Many webhooks of one topic, as a provider sends them: each new, some twice, some late."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom

from devkit.webhooks.delivery import Delivery, Tamper, build
from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["Batch", "deliveries"]

# Time between what happens at the provider; deliveries may come in another order.
_APART = timedelta(milliseconds=10)


@dataclass(frozen=True)
class Batch:
    """What is sent. `payload` is the example, or the very bytes to send; `fresh` gives an example new ids and times before
    `changes` are applied, and with `varied` another customer and basket, those of `order` if one is named. Every delivery is sent once more for each of `duplicate`, with the same id and bytes;
    `out_of_order` mixes them. The same `seed` gives the same ids and the same order. `style` is one of the
    provider's header styles, `form` sends a form."""

    provider: Provider
    topic: str
    payload: Payload | bytes
    url: str
    secret: str
    fresh: bool = True
    varied: bool = False
    order: str = ""
    changes: tuple[Callable[[Payload], None], ...] = ()
    times: int = 1
    duplicate: int = 0
    out_of_order: bool = False
    seed: int | None = None
    style: str = ""
    form: bool = False
    tamper: Tamper | None = None

    @property
    def total(self) -> int:
        """How many requests that makes."""
        return self.times * (1 + self.duplicate)


def deliveries(batch: Batch) -> Iterator[Delivery]:
    """The requests, each built when it is its turn. Raises DevkitError (exit 2) for a change that does not fit."""
    seed = batch.seed if batch.seed is not None else SystemRandom().getrandbits(64)
    began = datetime.now(UTC)
    order = [number for number in range(batch.times) for _ in range(1 + batch.duplicate)]
    if batch.out_of_order:
        Random(seed).shuffle(order)
    for number in order:
        moment = GenerationContext(
            began + number * _APART, Random(f"{seed}/{number}"), batch.varied, batch.order
        )
        yield build(
            batch.provider, batch.topic, _body(batch, moment), moment,
            url=batch.url, secret=batch.secret, style=batch.style, form=batch.form, tamper=batch.tamper,
        )  # fmt: skip


def _body(batch: Batch, moment: GenerationContext) -> bytes:
    if isinstance(batch.payload, bytes):
        return batch.payload
    payload = copy.deepcopy(batch.payload)
    if batch.fresh:
        payload = batch.provider.freshen(batch.topic, payload, moment)
    if batch.changes:
        before = copy.deepcopy(payload)
        for change in batch.changes:
            change(payload)
        payload = batch.provider.follow(before, payload)
    return batch.provider.spelling.encode(payload)
