"""`devkit webhook PROVIDER TOPIC`: signed webhooks, delivered as the provider would."""

from __future__ import annotations

from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.completion import provider_names, topic_names
from devkit.commands.spread import spread
from devkit.commands.webhook.order import about_order
from devkit.commands.webhook.seeds import NoVarietyOption, new_seed
from devkit.commands.webhook.sending import send_many, send_one
from devkit.commands.webhook.target import TargetOptions
from devkit.table.load import read_table
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import add_value, remove_value, set_value
from devkit.webhooks.deliver import Pace
from devkit.webhooks.delivery import Delivery, Tamper, as_curl
from devkit.webhooks.expected import parse_expected
from devkit.webhooks.payload import load_example, parse_payload, read_given, topics
from devkit.webhooks.provider import Payload, Provider
from devkit.webhooks.providers import provider


class ContentType(Enum):
    """How a webhook can be configured at the provider to send its body."""

    JSON = "json"
    FORM = "form"


_MASK = "•••"


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
    seed: Annotated[
        int | None, typer.Option(help="Make ids, customer, basket and order reproducible.")
    ] = None,
    no_variety: NoVarietyOption = False,
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
    expect: Annotated[
        str | None,
        typer.Option(metavar="STATUSES", help="Exit 1 unless each answer is one of these: 200,401 or 2xx."),
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
    expected = parse_expected(expect) if expect is not None else None
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
            fresh=payload is None, varied=not no_variety, order=order or "", changes=changes, times=times, duplicate=duplicate, out_of_order=out_of_order,
            seed=seed if seed is not None else new_seed(), style=header_style or "", form=content_type is ContentType.FORM, tamper=tamper,
        )  # fmt: skip
        if print_curl or dry_run:
            for delivery in deliveries(batch):
                emit(as_curl(delivery, target.variable) if print_curl else _shown(delivery))
            return ExitCode.OK
        target.require()
        retries = tuple(pause / speed for pause in sender.retries) if retry else ()
        pace = Pace(sender.timeout, concurrency, rate, retries)
        if batch.total == 1:
            as_wanted = send_one(table, batch, pace, target, expected)
        else:
            as_wanted = send_many(batch, pace, expected)
    if as_wanted:
        return ExitCode.OK
    if expect is not None:
        say(f"devkit: expected {expect}")
    return ExitCode.REFUSED if expected is None else ExitCode.CHECK_FAILED


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
