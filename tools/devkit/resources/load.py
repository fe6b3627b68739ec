"""The webhooks that are sent while use is measured: the table's examples, signed, at a bounded rate."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.engines.choice import active_engine
from devkit.engines.target import require_secret, route
from devkit.model import Table
from devkit.render.examples import examples
from devkit.resources.model import Sent
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.deliver import DeliveryResult, Pace, deliver
from devkit.webhooks.delivery import Delivery
from devkit.webhooks.destination import require_local_url
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider

__all__ = ["Load", "prepared_load"]

# Of a slow receiver; more at once would be another load than the rate says.
_AT_ONCE = 4


class Load:
    """Puts webhooks in from a thread of its own, in turns when there are several topics."""

    def __init__(self, batches: Sequence[Batch], rate: float, timeout: float) -> None:
        self._batches = batches
        self._pace = Pace(timeout, concurrency=_AT_ONCE, rate=rate)
        self._stopped = threading.Event()
        self._results: Counter[str] = Counter()
        self._accepted = 0
        self._problem: DevkitError | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begins. Nothing is sent before."""
        self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Begins no further delivery, and waits up to `patience` seconds for those under way.

        Raises DevkitError when the webhooks could not be made.
        """
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        if self._problem is not None:
            raise self._problem

    @property
    def sent(self) -> Sent:
        """What has come of it so far."""
        topics = tuple(f"{batch.provider.name} {batch.topic}" for batch in self._batches)
        return Sent(topics, self._pace.rate or 0.0, self._accepted, dict(self._results))

    def _run(self) -> None:
        try:
            deliver(self._deliveries(), self._pace, self._on_result)
        except DevkitError as problem:
            self._problem = problem

    def _deliveries(self) -> Iterator[Delivery]:
        for delivery in chain.from_iterable(zip(*map(deliveries, self._batches), strict=True)):
            if self._stopped.is_set():
                return
            yield delivery

    def _on_result(self, _: Delivery, answer: DeliveryResult) -> None:
        self._results[answer.result] += 1
        self._accepted += answer.accepted


@contextmanager
def prepared_load(
    root: Path, table: Table, engine: str | None, *, webhooks: int, rate: float
) -> Iterator[Load | None]:
    """At most so many `webhooks`, ready to be put in; None when the table names no examples.

    While the block runs the platform is reachable for them; their target is on this machine. Raises DevkitError for a
    platform that is not up, or an example that is missing.
    """
    named = examples(table.services.values())
    if not named:
        yield None
        return
    with ExitStack() as stack:
        batches, timeout = [], 0.0
        for example in named:
            sender = provider(example.provider, table)
            folder = root / "dev" / "webhooks" / sender.name
            body = load_example(folder, example.topic, sender.topics, sender.misnamed)
            target = stack.enter_context(active_engine(root, engine).webhook_target(sender.name))
            target.require()
            require_local_url(target.url, root, allow_remote=False)
            secret = require_secret(route(table, sender.name)[1].secret, target.secret)
            timeout = max(timeout, sender.timeout)
            each = max(1, webhooks // len(named))
            batches.append(Batch(sender, example.topic, body, target.url, secret, times=each))
        yield Load(batches, rate, timeout)
