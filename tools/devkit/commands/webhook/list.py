"""`devkit webhook list`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.table.load import read_table
from devkit.webhooks.payload import topics, variants
from devkit.webhooks.providers import broken, provider, providers


def listed(
    provider_name: Annotated[
        str | None, typer.Argument(metavar="[PROVIDER]", help="One provider. Default: all.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list topics without an example; --payload sends those.")
    ] = False,
) -> int:
    """Every provider and topic with an example in dev/webhooks."""
    root = project_root()
    table = read_table(table_file(root))
    for sender in [provider(provider_name, table)] if provider_name else providers(table):
        folder = root / "dev" / "webhooks" / sender.name
        here = sorted([*topics(folder), *variants(folder, sender.topics)])
        for topic in here:
            emit(f"{sender.name} {topic}")
        others = sorted({*sender.topics} - {*here})
        for topic in others if everything else ():
            emit(f"{sender.name} {topic} (--payload)")
        if provider_name and not here and not everything:
            more = f"; --all names {len(others)} topics" if others else ""
            say(f"devkit: there is no example of {sender.name} here{more}")
    for each in broken(table) if provider_name is None else ():
        say(f"devkit: {each}")
    return ExitCode.OK
