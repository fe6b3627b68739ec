"""`devkit remove service`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import ask, emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root

__all__ = ["app"]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Remove a service.",
)  # fmt: skip


@app.callback()
def _group() -> None:
    """Remove a service."""


@app.command()
def service(
    name: Annotated[str, typer.Argument(help="Its name in dev/services.yaml.")],
    keep_files: Annotated[
        bool, typer.Option("--keep-files", help="Leave its folder and its tests where they are.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a service: its row, its name in `needs` and `calls`, secrets that only it used, its folder and its tests."""
    from devkit.scaffold.remove import removal

    root = project_root()
    found = removal(root, name, keep_files=keep_files)
    say(f"devkit: this removes the row of {name} in dev/services.yaml")
    for what, names in (
        ("its name in needs and calls of", found.callers),
        ("the secrets", found.secrets),
        ("from the disk", tuple(found.change.deleted)),
    ):
        if names:
            say(f"    {what} {', '.join(names)}")
    if found.unsaved:
        shown = ", ".join(found.unsaved[:5]) + (" …" if len(found.unsaved) > 5 else "")
        say(f"    git does not have {len(found.unsaved)} of these files as they are: {shown}")
    if not yes and not ask(f"Remove {name}?"):
        raise DevkitError("nothing was removed", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
    for line in found.change.run(root):
        emit(line)
    if found.change.notes:
        say("devkit: other files still read its URL (lines):")
    for note in found.change.notes:
        emit(f"    {note}")
    say(f"devkit: {name} is removed")
