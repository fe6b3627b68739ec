"""`devkit compose …`: what Compose files say, whether they fit what they are for, and the stack that they run."""

from __future__ import annotations

import typer

from devkit.commands.compose.audit import audit
from devkit.commands.compose.config import config
from devkit.commands.compose.gate import gate
from devkit.commands.compose.roll import roll
from devkit.commands.compose.rollback import rollback

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Compose files and the stacks that they run (docs/compose.md).",
)  # fmt: skip
for _command in (config, audit, gate, roll, rollback):
    app.command()(_command)
