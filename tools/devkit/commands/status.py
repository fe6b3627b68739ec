"""`devkit status`: what runs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.events import State
from devkit.engines.memory import with_memory
from devkit.engines.rows import HEADER, status_rows


def run(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    engine: EngineOption = None,
) -> int:
    """Every service: state, ports, process, memory, restarts. Exit 1 when one is down or nothing runs."""
    chosen = active_engine(project_root(), engine)
    try:
        found = chosen.overview()
    except DevkitError:
        if as_json:
            emit(json.dumps({"version": 1, "engine": None, "units": []}))
        raise
    units = with_memory(found.units)
    if as_json:
        plain = [unit.as_json() for unit in units]
        emit(json.dumps({"version": 1, "engine": chosen.name, **found.more, "units": plain}, indent=2))
    else:
        print_table(HEADER, status_rows(units))
        for note in found.notes:
            say(note)
    broken = any(unit.state in (State.CRASHED, State.UNREADY, State.STOPPED) for unit in units)
    return ExitCode.CHECK_FAILED if broken else ExitCode.OK
