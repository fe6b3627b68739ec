"""`devkit compose …`: what Compose files say, and whether they fit what they are for."""

from __future__ import annotations

import typer

from devkit.commands.compose.audit import audit
from devkit.commands.compose.config import config

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Compose files: what they say together, and where (docs/compose.md).",
)  # fmt: skip
for _command in (config, audit):
    app.command()(_command)
