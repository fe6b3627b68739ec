"""`devkit restart SERVICE`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine


def run(
    service: Annotated[str, typer.Argument(help="A service's name, as in ./devkit status.")],
    engine: EngineOption = None,
) -> None:
    """Restart one service and wait until it is ready again. Exit 1, with its last lines, when it does not come up."""
    say(f"devkit: {active_engine(project_root(), engine).restart(service)}")
