"""`devkit webhook replay`: one that was kept, once more, for the local platform."""

from __future__ import annotations

from datetime import UTC, datetime
from random import SystemRandom
from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.terminal_text import readable_lines
from devkit.commands.completion import capture_names
from devkit.commands.spread import spread
from devkit.commands.webhook.captures import list_captures
from devkit.commands.webhook.target import TargetOptions
from devkit.table.load import read_table
from devkit.webhooks.capture import provider_of, read_capture, resigned
from devkit.webhooks.deliver import Pace, deliver_one
from devkit.webhooks.provider import GenerationContext
from devkit.webhooks.providers import provider, providers


@spread
def replay(
    id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|NAME]",
            autocompletion=capture_names,
            help="The id that listen shows, `last`, or the name that it was saved under. Default: list all.",
        ),
    ] = None,
    as_provider: Annotated[
        str | None, typer.Option("--provider", help="The provider, if no signature identifies it.")
    ] = None,
    where: TargetOptions = TargetOptions(),
) -> int:
    """Send a webhook that listen kept to the local platform: the same bytes and ids, signed with this clone's secret."""
    root = project_root()
    table = read_table(table_file(root))
    known = providers(table)
    if id is None:
        list_captures(root, known)
        return ExitCode.OK
    capture = read_capture(root, id)
    sender = provider(as_provider, table) if as_provider else provider_of(capture.by_name, known)
    if sender is None:
        raise DevkitError(
            f"{capture.id} carries no provider's signature",
            fix="--provider names the provider",
            exit_code=ExitCode.USAGE,
        )
    secret = where.secret(root, table)
    with where.opened(root, table, sender.name, secret) as target:
        moment = GenerationContext(datetime.now(UTC), SystemRandom())
        delivery = resigned(capture, sender, moment, url=target.url, secret=target.secret)
        target.require()
        answer = deliver_one(delivery, Pace(sender.timeout))
    if answer.status is None:
        raise DevkitError(
            f"{delivery.url}: {answer.problem}",
            fix=target.fix(answer),
            exit_code=ExitCode.REFUSED,
        )
    say(f"{sender.name} {capture.id} → {delivery.url}: {answer.status} in {answer.seconds * 1000:.0f} ms")
    emit(readable_lines(answer.body) or "(no body)")
    return ExitCode.OK if answer.accepted else ExitCode.REFUSED
