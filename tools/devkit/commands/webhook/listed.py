"""`devkit webhook list`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.table.load import read_table
from devkit.webhooks.payload import topics, variants
from devkit.webhooks.providers import broken, providers


def listed(
    everything: Annotated[
        bool, typer.Option("--all", help="Topics without an example here as well; --payload sends those.")
    ] = False,
) -> int:
    """Every provider and topic with an example in dev/webhooks."""
    root = project_root()
    table = read_table(table_file(root))
    for sender in providers(table):
        folder = root / "dev" / "webhooks" / sender.name
        here = sorted([*topics(folder), *variants(folder, sender.topics)])
        for topic in here:
            emit(f"{sender.name} {topic}")
        if everything:
            for topic in sorted({*sender.topics} - {*here}):
                emit(f"{sender.name} {topic} (--payload)")
    for each in broken(table):
        say(f"devkit: {each}")
    return ExitCode.OK
