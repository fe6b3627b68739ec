"""`devkit view`: the running platform on a whole screen."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine


def run(
    engine: EngineOption = None, owned: Annotated[bool, typer.Option("--owned", hidden=True)] = False
) -> int:
    """Show what runs, live: choose a service, read and filter its log, restart or stop it. `q` leaves; the platform goes on."""
    return active_engine(project_root(), engine).view(owned=owned)
