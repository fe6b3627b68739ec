"""`devkit webhook suite`: does a receiver stand what providers, and others, send?"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from random import Random, SystemRandom
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.commands.options import (
    EngineOption,
    JsonOption,
    JunitOption,
    RemoteOption,
    SarifOption,
    ToOption,
    VerboseOption,
    show,
)
from devkit.commands.webhook.target import SecretNameOption, SecretStdinOption, opened, proving
from devkit.engines.target import find_route
from devkit.findings.report import Report, suppress
from devkit.findings.selection import select
from devkit.model import Table
from devkit.table.load import read_table
from devkit.webhooks.destination import require_listener, require_own
from devkit.webhooks.payload import load_example, parse_payload, read_given, topics
from devkit.webhooks.provider import Payload
from devkit.webhooks.providers import provider
from devkit.webhooks.suite.model import Case, Sender
from devkit.webhooks.suite.run import CASES, Verdict, run_suite

# The topic for a provider of which none is known.
_ANY = "devkit.example"


def suite(
    provider_name: Annotated[
        str | None,
        typer.Argument(metavar="[PROVIDER]", help="One provider; unless told, all that the table routes."),
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The webhook that the cases are made from.")] = None,
    payload: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Its body instead of the repository's example.")
    ] = None,
    to: ToOption = None,
    allow_remote: RemoteOption = False,
    secret_name: SecretNameOption = None,
    secret_stdin: SecretStdinOption = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CASE", help="Only these: valid, shopify.replay …")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="CASE", help="All but these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every case and send nothing.")] = False,
    seed: Annotated[int | None, typer.Option(help="Make ids reproducible.")] = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
    as_sarif: SarifOption = False,
    as_junit: JunitOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Send a receiver everything that it must stand: valid, forged, doubled, huge, broken. Exit 1 when it fails a case.

    Valid ones are taken: development data is changed.
    """
    root = project_root()
    table = read_table(table_file(root))
    names = [provider(provider_name, table).name] if provider_name else _routed(table)
    if provider_name is None and (secret_name or secret_stdin or payload):
        raise DevkitError(
            "of which provider?", hint="name it: webhook suite PROVIDER", exit_code=ExitCode.USAGE
        )
    if payload == "-" and secret_stdin:
        raise DevkitError("standard input is the body or the secret", exit_code=ExitCode.USAGE)
    chosen = {name: _chosen(name, names, only or [], skip or []) for name in names}
    if list_them:
        rows = [
            (f"{name}.{case.id}", case.expected.words, case.about) for name in names for case in chosen[name]
        ]
        print_table(("case", "to be answered with", "what is sent"), rows)
        return ExitCode.OK
    if to is not None:
        require_own(to, root, allow_remote=allow_remote)
    secret = proving(root, table, secret_name, stdin=secret_stdin)
    began = time.monotonic()
    verdicts: list[Verdict] = []
    for name in names:
        with opened(root, table, name, engine, to=to, secret=secret) as target:
            if not verdicts:
                require_listener(target.url, target.start)
            example = _example(root, table, name, topic, payload)
            random = Random(seed) if seed is not None else SystemRandom()
            sender = Sender(provider(name, table), *example, target.secret, random)
            verdicts += _sent(sender, chosen[name], target.url)
    found, silent = suppress([v.finding for v in verdicts if v.finding], table.suppressions, date.today())
    checks = tuple(verdict.checked for verdict in verdicts)
    report = Report("webhook suite", found, checks, silent, seconds=time.monotonic() - began)
    show(report, as_json=as_json, as_sarif=as_sarif, as_junit=as_junit, verbose=verbose)
    return ExitCode.CHECK_FAILED if report.failed else ExitCode.OK


def _routed(table: Table) -> list[str]:
    names = [hook.provider for service in table.services.values() for hook in service.webhooks.values()]
    if not names:
        raise DevkitError("the table routes no webhooks", hint="name a provider", exit_code=ExitCode.USAGE)
    return names


def _chosen(name: str, names: list[str], only: list[str], skip: list[str]) -> list[Case]:
    """A case is wanted by its own name, for every provider, or by that of one provider."""
    every = [f"{each}.{case.id}" for each in names for case in CASES]
    plain = [case.id for case in CASES]
    whole_only = [f"{name}.{each}" if each in plain else each for each in only]
    whole_skip = [f"{name}.{each}" if each in plain else each for each in skip]
    wanted = set(select(every, whole_only, whole_skip, "webhook suite"))
    return [case for case in CASES if f"{name}.{case.id}" in wanted]


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


def _sent(sender: Sender, cases: list[Case], url: str) -> list[Verdict]:
    say(f"devkit: {sender.provider.name}, {len(cases)} cases → {url}")
    with Progress(f"{sender.provider.name}: {len(cases)} cases") as progress:
        return run_suite(
            sender,
            cases,
            url,
            lambda verdict: progress.say(f"{verdict.checked.id} {verdict.checked.result.value}"),
        )
