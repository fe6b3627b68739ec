"""`devkit webhook suite`: does a receiver stand what providers, and others, send?"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random, SystemRandom
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.checks import Check, Outcome
from devkit.checks.report import make_report
from devkit.checks.selection import select
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.commands.webhook.target import TargetOptions
from devkit.engines.target import find_route
from devkit.findings.former_ids import current_id
from devkit.model import Table
from devkit.table.load import read_table
from devkit.webhooks.destination import require_listener
from devkit.webhooks.payload import load_example, parse_payload, read_given, topics
from devkit.webhooks.provider import Payload
from devkit.webhooks.providers import provider
from devkit.webhooks.suite.model import Sender
from devkit.webhooks.suite.run import CASES, Receiver, case_checks, run_suite

# The topic for a provider of which none is known.
_ANY = "devkit.example"


@spread
def suite(
    provider_name: Annotated[
        str | None,
        typer.Argument(metavar="[PROVIDER]", help="One provider. Default: all that the table routes."),
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The topic that the cases are made from.")] = None,
    payload: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Use this body instead of the repository's example.")
    ] = None,
    where: TargetOptions = TargetOptions(),
    only: Annotated[
        list[str] | None, typer.Option(metavar="CASE", help="Only these: valid, shopify.replay …")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="CASE", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every case and send nothing.")] = False,
    seed: Annotated[int | None, typer.Option(help="Make ids reproducible.")] = None,
    form: ReportOptions = ReportOptions(),
    verbose: VerboseOption = False,
) -> int:
    """Send a receiver everything it must handle: valid, forged, doubled, huge, broken. Exit 1 when it fails a case.

    Valid cases are accepted: development data changes.
    """
    root = project_root()
    table = read_table(table_file(root))
    names = [provider(provider_name, table).name] if provider_name else _routed(table)
    if provider_name is None and (where.secret_name or where.secret_stdin or where.secret_env or payload):
        raise DevkitError(
            "no provider given", fix="name it: webhook suite PROVIDER", exit_code=ExitCode.USAGE
        )
    if payload == "-" and where.secret_stdin:
        raise DevkitError("standard input can be the body or the secret, not both", exit_code=ExitCode.USAGE)
    chosen = _chosen(names, only or [], skip or [])
    if list_them:
        expected = {case.id: case.expected.words for case in CASES}
        rows = [(each.id, expected[each.id.partition(".")[2]], each.about) for each in chosen]
        print_table(("case", "expected answer", "what is sent"), rows)
        return ExitCode.OK
    secret = where.secret(root, table)
    began = time.monotonic()
    outcomes: list[Outcome] = []
    for name in names:
        with where.opened(root, table, name, secret) as target:
            target.require()
            if not outcomes:
                require_listener(target.url, target.start)
            example = _example(root, table, name, topic, payload)
            random = Random(seed) if seed is not None else SystemRandom()
            sender = Sender(provider(name, table), *example, target.secret, random)
            outcomes += _sent(sender, [each for each in chosen if each.group == name], target.url)
    seconds = time.monotonic() - began
    report = make_report("webhook suite", outcomes, seconds, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)


def _routed(table: Table) -> list[str]:
    names = [hook.provider for service in table.services.values() for hook in service.webhooks.values()]
    if not names:
        raise DevkitError("the table routes no webhooks", fix="name a provider", exit_code=ExitCode.USAGE)
    return names


def _chosen(names: list[str], only: list[str], skip: list[str]) -> list[Check[Receiver]]:
    """A case is wanted by its own name, for every provider, or by that of one provider."""
    every = [check for name in names for check in case_checks(name)]
    plain = {case.id for case in CASES}

    def whole(wanted: list[str]) -> list[str]:
        return [
            full
            for each in map(current_id, wanted)
            for full in ([f"{n}.{each}" for n in names] if each in plain else [each])
        ]

    return select(every, whole(only), whole(skip), "webhook suite")


def _example(
    root: Path, table: Table, name: str, topic: str | None, payload: str | None
) -> tuple[str, Payload]:
    """The topic and the body that the cases are made from. Where there is no example of the provider, a small one does."""
    folder = root / "dev" / "webhooks" / name
    sender = provider(name, table)
    here = topics(folder)
    found = find_route(table, name)
    wanted = topic or (found and found[1].example) or next(iter([*here, *sender.topics]), _ANY)
    if payload is not None:
        return wanted, parse_payload(read_given(payload), payload)
    if here or (topic and sender.topics and topic not in sender.topics):
        return wanted, load_example(folder, wanted, sender.topics, sender.misnamed)
    say(
        f"devkit: there is no example of {name} here; --payload FILE, or dev/webhooks/{name}/{wanted}.json, is one"
    )
    return wanted, {"id": 1}


def _sent(sender: Sender, checks: list[Check[Receiver]], url: str) -> list[Outcome]:
    say(f"devkit: {sender.provider.name}, {len(checks)} cases → {url}")
    with Progress(f"{sender.provider.name}: {len(checks)} cases") as progress:
        return run_suite(sender, checks, url, lambda o: progress.say(f"{o.check.id} {o.result.value}"))
