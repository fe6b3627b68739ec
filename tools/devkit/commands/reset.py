"""`devkit reset`: wipe development data."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.copied import engine_of_copy, is_copied

_COPY = "Delete the data here, which came from another clone? That one keeps its own."


def run(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    engine: EngineOption = None,
) -> None:
    """Stop the platform and delete its data: the embedded Postgres and Redis, or the namespace in the local cluster.

    A database of your own is never touched.
    """
    root = project_root()
    copied = is_copied(root)
    chosen = None if copied else active_engine(root, engine)
    if not yes and not ask(chosen.reset_question if chosen else _COPY):
        raise DevkitError("nothing was deleted", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
    chosen = chosen or engine_of_copy(root)
    gone = chosen.reset()
    say(f"devkit: deleted {', '.join(gone)}" if gone else "devkit: there was no data")
