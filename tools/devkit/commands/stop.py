"""`devkit stop [SERVICE]…`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.paths import project_root
from devkit.commands import down
from devkit.commands.completion import service_names
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.names import SERVICES_HELP


def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE", autocompletion=service_names, help=f"{SERVICES_HELP} Default: everything."
        ),
    ] = None,
    engine: EngineOption = None,
) -> None:
    """Stop services until `./devkit up SERVICE` or `./devkit restart SERVICE`; without a name everything, as `down`."""
    if services:
        say(f"devkit: {active_engine(project_root(), engine).stop(services)}")
    else:
        down.run(engine)
