"""`devkit down`: stop the platform."""

from __future__ import annotations

from devkit.base.console import say
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine


def run(engine: EngineOption = None) -> None:
    """Stop everything that runs in this clone, or in its namespace of the local cluster. Data stays."""
    stopped = active_engine(project_root(), engine).down()
    say("devkit: stopped; data is kept" if stopped else "devkit: nothing ran in this clone")
