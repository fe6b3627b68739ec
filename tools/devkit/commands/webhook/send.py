"""`devkit webhook PROVIDER TOPIC`: signed webhooks, delivered as the provider would."""

from __future__ import annotations

import time
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.terminal_text import readable_lines
from devkit.commands.completion import provider_names, topic_names
from devkit.commands.spread import spread
from devkit.commands.webhook.order import about_order, order_in
from devkit.commands.webhook.target import Target, TargetOptions
from devkit.model import Table
from devkit.table.load import read_table
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import add_value, remove_value, set_value
from devkit.webhooks.deliver import DeliveryResult, Pace, Summary, deliver, deliver_one, percentile
from devkit.webhooks.delivery import Delivery, Tamper, as_curl
from devkit.webhooks.payload import load_example, parse_payload, read_given, topics
from devkit.webhooks.provider import Payload, Provider
from devkit.webhooks.providers import provider


class ContentType(Enum):
    """How a webhook can be configured at the provider to send its body."""

    JSON = "json"
    FORM = "form"


_MASK = "•••"
# What a receiver answers to a signature that it does not accept.
_REFUSED = (401, 403)
_WHY = "./devkit webhook listen captures what is sent; ./devkit webhook verify last tells why it is refused"


@spread
def send(
    provider_name: Annotated[
        str,
        typer.Argument(
            metavar="PROVIDER", autocompletion=provider_names, help="shopify, simplyprint, sendcloud …"
        ),
    ],
    topic: Annotated[
        str | None,
        typer.Argument(
            autocompletion=topic_names, help="For example orders/create, job.done, parcel_status_changed."
        ),
    ] = None,
    payload: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Send this file unchanged instead of the repository's example."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value: line_items[0].quantity=3"),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=VALUE", help="Add a key, or to a list's end: line_items[]={…}"),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Remove a key or an item: line_items[1]")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Make it one about this order of the platform: '#90744'."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Make ids and order reproducible.")] = None,
    header_style: Annotated[
        str | None,
        typer.Option(
            metavar="STYLE", help="Other header names: shopify's `plain`, standard-webhooks' `svix`."
        ),
    ] = None,
    content_type: Annotated[
        ContentType,
        typer.Option(help="What the webhook is configured to send: GitHub's default is `form` (payload=…)."),
    ] = ContentType.JSON,
    times: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number to send, each with new ids.")] = 1,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Maximum per second.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=500, help="Number sent concurrently.")] = 1,
    duplicate: Annotated[int, typer.Option(min=0, max=100, help="Duplicates of each, with the same id.")] = 0,
    out_of_order: Annotated[bool, typer.Option("--out-of-order", help="Send them out of order.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Retry failures as the provider does.")] = False,
    speed: Annotated[
        float, typer.Option(min=0.001, help="Shorten the provider's retry delays by this factor.")
    ] = 1.0,
    tamper: Annotated[
        Tamper | None, typer.Option(help="Send an invalid webhook, which must be refused.")
    ] = None,
    where: TargetOptions = TargetOptions(),
    print_curl: Annotated[
        bool, typer.Option("--print-curl", help="Print the request as curl; send nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request; send nothing.")] = False,
) -> int:
    """Send signed webhooks to the service that takes them. Exit 5 when one is not accepted (with --tamper: when one is)."""
    root = project_root()
    table = read_table(table_file(root))
    sender = provider(provider_name, table)
    if topic is None:
        raise _which_topic(root, sender)
    _require_form(sender, header_style, content_type)
    if payload == "-" and where.secret_stdin:
        raise DevkitError("standard input can be the body or the secret, not both", exit_code=ExitCode.USAGE)
    changes = (
        *((about_order(root, table, sender.name, order, where.engine),) if order is not None else ()),
        *(partial(set_value, assignment=each) for each in set_ or ()),
        *(partial(add_value, assignment=each) for each in add or ()),
        *(partial(remove_value, path=each) for each in remove or ()),
    )
    body = _payload(root, sender, topic, payload, changed=bool(changes))
    secret = where.secret(root, table)
    with where.opened(root, table, sender.name, secret) as target:
        batch = Batch(
            sender, topic, body, target.url, target.secret,
            fresh=payload is None, changes=changes, times=times, duplicate=duplicate, out_of_order=out_of_order,
            seed=seed, style=header_style or "", form=content_type is ContentType.FORM, tamper=tamper,
        )  # fmt: skip
        if print_curl or dry_run:
            for delivery in deliveries(batch):
                emit(as_curl(delivery, target.variable) if print_curl else _shown(delivery))
            return ExitCode.OK
        target.require()
        retries = tuple(pause / speed for pause in sender.retries) if retry else ()
        pace = Pace(sender.timeout, concurrency, rate, retries)
        as_wanted = _send_one(table, batch, pace, target) if batch.total == 1 else _send_many(batch, pace)
    return ExitCode.OK if as_wanted else ExitCode.REFUSED


def _require_form(sender: Provider, style: str | None, content_type: ContentType) -> None:
    """Raises DevkitError (exit 2) for header names or a content type that the provider does not have."""
    if style is not None and style not in sender.header_styles:
        known = ", ".join(sender.header_styles)
        raise DevkitError(
            f"--header-style {style}: {sender.name}'s headers have no such style",
            fix=f"there is {known}" if known else "leave it out",
            exit_code=ExitCode.USAGE,
        )
    if content_type is ContentType.FORM and not sender.form_field:
        raise DevkitError(
            f"--content-type form: {sender.name} sends no forms", fix="leave it out", exit_code=ExitCode.USAGE
        )


def _which_topic(root: Path, sender: Provider) -> DevkitError:
    here = topics(root / "dev" / "webhooks" / sender.name)
    if here:
        fix = f"{sender.name} has {', '.join(here)}"
    else:
        fix = f"there is no example of {sender.name} here; --payload FILE sends any topic"
    return DevkitError("no topic given", fix=fix, exit_code=ExitCode.USAGE)


def _payload(
    root: Path, sender: Provider, topic: str, given: str | None, *, changed: bool
) -> Payload | bytes:
    if given is None:
        return load_example(root / "dev" / "webhooks" / sender.name, topic, sender.topics, sender.misnamed)
    raw = read_given(given)
    return parse_payload(raw, given) if changed else raw


def _shown(delivery: Delivery) -> str:
    headers = (
        f"{name}: {_MASK if name in delivery.secret_headers else value}"
        for name, value in delivery.all_headers.items()
    )
    return "\n".join([f"POST {delivery.url}", *headers, "", delivery.body.decode("utf-8", "replace"), ""])


def _send_one(table: Table, batch: Batch, pace: Pace, target: Target) -> bool:
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
    say(f"{to}: {answer.status} in {answer.seconds * 1000:.0f} ms{tries}{about}")
    if answer.status in _REFUSED and not batch.tamper:
        say(f"    → {_WHY}")
    emit(readable_lines(answer.body) or "(no body)")
    return answer.accepted is not bool(batch.tamper)


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


def _send_many(batch: Batch, pace: Pace) -> bool:
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
    return summary.accepted == (0 if batch.tamper else batch.total)


def _report(batch: Batch, summary: Summary) -> None:
    a_second = summary.total / summary.seconds if summary.seconds else 0.0
    say(
        f"{batch.provider.name} {batch.topic} → {batch.url}: {summary.accepted} of {summary.total} accepted "
        f"in {summary.seconds:.1f} s ({a_second:.0f} a second)"
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
