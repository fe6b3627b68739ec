"""`devkit reset`: wipe development data."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine


def run(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    engine: EngineOption = None,
) -> None:
    """Stop the platform and delete its data: the embedded Postgres and Redis, or the namespace in the local cluster.

    A database of your own is never touched.
    """
    chosen = active_engine(project_root(), engine)
    if not yes and not ask(chosen.reset_question):
        raise DevkitError("nothing was deleted", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
    gone = chosen.reset()
    say(f"devkit: deleted {', '.join(gone)}" if gone else "devkit: there was no data")
