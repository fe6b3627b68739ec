"""`devkit resources …`: what services use."""

from __future__ import annotations

import typer

from devkit.commands.resources.observe import observe

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="What services really use, against what the table asks for.",
)  # fmt: skip


@app.callback()
def resources() -> None:
    """What services really use, against what the table asks for."""


app.command()(observe)
