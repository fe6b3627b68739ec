"""`devkit compose roll`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.progress import Progress
from devkit.commands.compose.options import ContextOption, GateOptions, ProjectOptions, RollOptions
from devkit.commands.spread import spread

__all__ = ["roll"]


@spread
def roll(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="SERVICE…", help="One after the other, in this order.")
    ] = None,
    form: ProjectOptions = ProjectOptions(),
    context: ContextOption = None,
    tag: Annotated[
        str,
        typer.Option(
            metavar="TAG",
            help="The images' tag (git-abc1234), written to .env at the end. Default: the one in the files.",
        ),
    ] = "",
    every_application: Annotated[
        bool, typer.Option("--all", help="Every application, in the files' order.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Replace copies, too, that are as they should be.")
    ] = False,
    backup: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The database backup to go back to; needed where migrations are pending."
        ),
    ] = "",
    with_pause: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERVICE",
            help="Stop its old copies before the new ones appear: where the proxy's labels change.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the roll that was left unfinished.")
    ] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Take back the roll that was left unfinished.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Show the rolls of this project; with SERVICE only its.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the docker commands, and run none that changes a container."),
    ] = False,
    skip_gate: Annotated[
        bool, typer.Option("--skip-gate", help="Do not look first whether the stack is well.")
    ] = False,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Skip a check of the gate: gate.tls …")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    options: RollOptions = RollOptions(),
    gate_options: GateOptions = GateOptions(),
) -> int:
    """Replace services' copies by new ones without a pause: new ones beside the old, each ready and seen by the proxy, then the old
    ones leave. A failure takes everything back.

    What it does is written to a journal on the Docker host first. Killed, it goes on with --resume or back with --abort.
    """
    from devkit.commands.compose.rolling import Rolling

    if sum((resume, abort, history, dry_run)) > 1:
        raise DevkitError("--resume, --abort, --history and --dry-run exclude each other", fix="give one", exit_code=ExitCode.USAGE)  # fmt: skip
    rolling = Rolling.of(form, context, options, gate_options)
    if history:
        return rolling.history(services or [])
    if resume or abort:
        return rolling.go_on(back=abort, yes=yes)
    names = rolling.named(services or [], every_application=every_application)
    if not skip_gate and not dry_run and (code := rolling.gate(names, tag, skip or [])):
        return code
    with Progress("looking at what runs") as progress:
        plan, notes = rolling.plan(
            names,
            tag=tag,
            again=again,
            backup=backup,
            with_pause=frozenset(with_pause or ()),
            say=progress.say,
        )
    for note in notes:
        say(f"devkit: {note}")
    if not plan.services:
        return ExitCode.OK
    if dry_run:
        return rolling.dry_run(plan)
    return rolling.start(plan, yes=yes)
