"""`devkit jobs …`: the platform's jobs."""

from __future__ import annotations

import typer

from devkit.commands.jobs.change import drop, pause, resume, retry
from devkit.commands.jobs.look import listed, show

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The platform's jobs: what waits, what failed, and what to do about it.",
)  # fmt: skip
app.command("list")(listed)
for _command in (show, retry, drop, pause, resume):
    app.command()(_command)
