"""Sends one webhook or many for a command, and shows what came of it."""

from __future__ import annotations

import time

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.progress import Progress
from devkit.base.terminal_text import readable_lines
from devkit.commands.webhook.order import order_in
from devkit.commands.webhook.target import Target
from devkit.model import Table
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.deliver import DeliveryResult, Pace, Summary, deliver, deliver_one, percentile
from devkit.webhooks.delivery import Delivery

__all__ = ["send_many", "send_one"]

# What a receiver answers to a signature that it does not accept.
_REFUSED = (401, 403)
_WHY = "./devkit webhook listen captures what is sent; ./devkit webhook verify last tells why it is refused"


def send_one(table: Table, batch: Batch, pace: Pace, target: Target, expected: frozenset[int] | None) -> bool:
    """Whether the answer is the wanted one: one of the `expected`, or else accepted, and with tampering refused.

    Raises DevkitError (exit 5) when there is none.
    """
    delivery = next(deliveries(batch))
    answer = _persist(batch, delivery, pace) if pace.retries else deliver_one(delivery, pace)
    tries = f" (try {answer.tries})" if answer.tries > 1 else ""
    to = f"{batch.provider.name} {batch.topic} → {batch.url}"
    if answer.status is None:
        raise DevkitError(
            f"{to}: {answer.problem}{tries}", fix=target.fix(answer), exit_code=ExitCode.REFUSED
        )
    number = order_in(table, batch.provider.name, delivery.body)
    about = f", order {number}" if number and answer.accepted else ""
    say(f"{to}: {answer.status} in {answer.seconds * 1000:.0f} ms{tries}{_seed(batch)}{about}")
    if answer.status in _REFUSED and not batch.tamper and expected is None:
        say(f"    → {_WHY}")
    emit(readable_lines(answer.body) or "(no body)")
    return answer.status in expected if expected is not None else answer.accepted is not bool(batch.tamper)


def _seed(batch: Batch) -> str:
    return f", --seed {batch.seed}" if batch.fresh else ""


def _persist(batch: Batch, delivery: Delivery, pace: Pace) -> DeliveryResult:
    with Progress(f"sending {batch.provider.name} {batch.topic}") as progress:

        def on_retry(_: Delivery, answer: DeliveryResult, pause: float) -> None:
            progress.note(_failed(pace, answer, pause))

        return deliver_one(delivery, pace, on_retry)


def _failed(pace: Pace, answer: DeliveryResult, pause: float) -> str:
    every = 1 + len(pace.retries)
    return f"try {answer.tries} of {every} failed: {answer.result}; next in {_span(pause)}"


def _span(seconds: float) -> str:
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:.3g} h"
    if seconds >= 120:
        return f"{seconds / 60:.3g} min"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def send_many(batch: Batch, pace: Pace, expected: frozenset[int] | None) -> bool:
    """The same for all of a batch."""
    so_far, began = Summary(), time.monotonic()
    try:
        with Progress(f"sending {batch.total}") as progress:

            def on_result(_: Delivery, answer: DeliveryResult) -> None:
                so_far.add(answer)
                progress.say(f"{so_far.total} of {batch.total} done; last: {answer.result}")

            def on_retry(_: Delivery, answer: DeliveryResult, pause: float) -> None:
                progress.say(f"{so_far.total} of {batch.total} done; {_failed(pace, answer, pause)}")

            summary = deliver(deliveries(batch), pace, on_result, on_retry)
    except KeyboardInterrupt:
        so_far.seconds = time.monotonic() - began
        say(f"\ndevkit: interrupted after {so_far.total} of {batch.total}")
        _report(batch, so_far)
        raise typer.Exit(130) from None
    _report(batch, summary)
    if expected is not None:
        return set(summary.results) <= set(map(str, expected))
    return summary.accepted == (0 if batch.tamper else batch.total)


def _report(batch: Batch, summary: Summary) -> None:
    a_second = summary.total / summary.seconds if summary.seconds else 0.0
    say(
        f"{batch.provider.name} {batch.topic} → {batch.url}: {summary.accepted} of {summary.total} accepted "
        f"in {summary.seconds:.1f} s ({a_second:.0f} a second){_seed(batch)}"
    )
    rows = [(result, str(count)) for result, count in summary.results.most_common()]
    rows += [
        (
            f"p{percent}" if percent < 100 else "slowest",
            f"{percentile(summary.latencies, percent) * 1000:.0f} ms",
        )
        for percent in (50, 90, 99, 100)
    ]
    if summary.retried:
        rows.append(("needed retries", str(summary.retried)))
    print_table(("answer", ""), rows)
