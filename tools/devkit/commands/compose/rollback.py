"""`devkit compose rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.errors import ExitCode
from devkit.base.progress import Progress
from devkit.commands.compose.options import ContextOption, ProjectOptions, RollOptions
from devkit.commands.spread import spread

__all__ = ["rollback"]


@spread
def rollback(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]…", help="Those to put back. Default: all of the last roll."),
    ] = None,
    form: ProjectOptions = ProjectOptions(),
    context: ContextOption = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="DIGEST",
            help="The image to go to (sha256:…), or a tag. Default: the one before the last roll.",
        ),
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the docker commands, and run none that changes a container."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    options: RollOptions = RollOptions(),
) -> int:
    """Replace services' copies by ones with an earlier image, without a pause, as roll does. The database stays as it is: migrations
    only add, so earlier code runs on it.
    """
    from devkit.commands.compose.rolling import Rolling

    rolling = Rolling.of(form, context, options)
    names, targets = rolling.earlier(services or [], to)
    with Progress("looking at what runs") as progress:
        plan, notes = rolling.plan(names, targets=targets, kind="rollback", say=progress.say)
    for note in notes:
        say(f"devkit: {note}")
    if not plan.services:
        return ExitCode.OK
    return rolling.dry_run(plan) if dry_run else rolling.start(plan, yes=yes)
