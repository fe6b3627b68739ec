"""`devkit db rollback|redo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.completion import revision_names
from devkit.commands.db.target import open_target, patience_for, tell
from devkit.commands.options import EngineOption
from devkit.commands.where import say_where

if TYPE_CHECKING:
    from devkit.database.rollback import Rollback
    from devkit.database.target import DatabaseTarget

__all__ = ["redo", "rollback"]

_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def rollback(
    steps: Annotated[
        int | None,
        typer.Argument(
            min=1, help="How many. Default: those of another branch, else one.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="REVISION",
            autocompletion=revision_names,
            help="All after this one; `base` is all.",
        ),
    ] = None,
    yes: _Yes = False,
    engine: EngineOption = None,
) -> None:
    """Take back the last migrations, with the code that they were applied with (asks)."""
    from devkit.database.rollback import plan_rollback, roll_back

    if steps is not None and to is not None:
        raise DevkitError("STEPS and --to exclude each other", fix="leave one out", exit_code=ExitCode.USAGE)
    say_where()
    with open_target(engine) as target:
        plan = plan_rollback(target.url, target.migrations, steps, to, patience_for(target))
        _agree("Take back", plan, target, yes)
        roll_back(target.url, target.migrations, plan, patience_for(target))
        say(
            f"devkit: rolled back {plan.current} → {plan.to or 'an empty database'}; ./devkit db migrate goes on"
        )
        target.changed()


def redo(yes: _Yes = False, engine: EngineOption = None) -> None:
    """Take back the last migration and apply it again; from the oldest that was edited since it was applied (asks)."""
    from devkit.database.migrating import migrate
    from devkit.database.rollback import plan_redo, roll_back

    say_where()
    with open_target(engine) as target:
        plan = plan_redo(target.url, target.migrations, patience_for(target))
        _agree("Take back and apply again", plan, target, yes)
        roll_back(target.url, target.migrations, plan, patience_for(target))
        say(f"devkit: rolled back {plan.current} → {plan.to or 'an empty database'}")
        tell(migrate(target.url, target.migrations, patience_for(target)).lines)
        target.changed()


def _agree(what: str, plan: Rollback, target: DatabaseTarget, yes: bool) -> None:
    """Names what goes, and asks. Raises DevkitError (exit 2) for any answer but yes."""
    names = ", ".join(revision.file for revision in plan.undone)
    whose = "your own database" if target.external else f"the database of engine {target.engine}"
    say(f"devkit: {names} in {whose}, {target.where or target.address}: what they added goes, with its rows")
    if not yes and not ask(f"{what}?"):
        raise DevkitError("nothing was changed", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
