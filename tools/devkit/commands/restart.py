"""`devkit restart SERVICE…`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.paths import project_root
from devkit.commands.completion import service_names
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.names import SERVICES_HELP


def run(
    services: Annotated[
        list[str], typer.Argument(metavar="SERVICE", autocompletion=service_names, help=SERVICES_HELP)
    ],
    engine: EngineOption = None,
) -> None:
    """Restart services and wait until they are ready again. Exit 1, with its last lines, when one does not come up."""
    say(f"devkit: {active_engine(project_root(), engine).restart(services)}")
