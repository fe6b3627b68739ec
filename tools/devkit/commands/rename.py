"""`devkit rename service`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.paths import project_root

__all__ = ["app"]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Rename a service.",
)  # fmt: skip


@app.callback()
def _group() -> None:
    """Rename a service."""


@app.command()
def service(
    old: Annotated[str, typer.Argument(help="Its name in dev/services.yaml.")],
    new: Annotated[str, typer.Argument(help="Its new name.")],
) -> None:
    """Rename a service: its row and whoever names it, its folder, its package, its tests, and what is rendered.

    Other services' code is not touched; where it has the old name or its URL variable is listed.
    """
    from devkit.scaffold.rename import renaming

    root = project_root()
    change = renaming(root, old, new)
    for line in change.run(root):
        emit(line)
    if change.notes:
        say(f"devkit: other files still say {old} (lines):")
    for note in change.notes:
        emit(f"    {note}")
    say(f"devkit: {old} is {new} now; change what is named above, then ./devkit test")
