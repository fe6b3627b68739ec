"""`devkit logs`: the services' logs."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.paths import project_root
from devkit.commands.completion import service_names
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.names import SERVICES_HELP


def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE", autocompletion=service_names, help=f"{SERVICES_HELP} Default: all."
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Follow new lines; Ctrl-C ends.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines per service to start with.")] = 50,
    engine: EngineOption = None,
) -> None:
    """Show the latest lines of the services' logs."""
    active_engine(project_root(), engine).logs(services or (), follow=follow, lines=lines)
