"""`devkit graph`: the platform as a picture."""

from __future__ import annotations

import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import emit, is_terminal, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import project_root, state_dir, table_file
from devkit.commands.completion import service_names
from devkit.commands.options import EngineOption
from devkit.engines.names import unknown_service

if TYPE_CHECKING:
    from devkit.engines.events import Status
    from devkit.model import Table
    from devkit.render.graph.model import Graph, Live


class Format(StrEnum):
    """What the picture is written as."""

    SVG = "svg"
    MERMAID = "mermaid"


_SUFFIXES = {
    ".svg": Format.SVG,
    ".mmd": Format.MERMAID,
    ".mermaid": Format.MERMAID,
    ".md": Format.MERMAID,
}


def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE",
            autocompletion=service_names,
            help="Only these, what they reach, and who calls them.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Output file; its ending (.svg, .mmd, .md) sets the format.",
        ),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Output format. Default: by the file's ending, else mermaid.", show_default=False
        ),
    ] = None,
    open_it: Annotated[
        bool,
        typer.Option("--open", help="Open it in the browser (default file: .devkit/graph.svg)."),
    ] = False,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--no-live",
            help="Show each service's state and real ports. Default: when something runs.",
            show_default=False,
        ),
    ] = None,
    engine: EngineOption = None,
) -> None:
    """Draw services, calls, data stores, ports and webhooks, and what runs at the moment.

    Printed as Mermaid, which is readable as text too. docs/images/platform.svg is written by generate.
    """
    from devkit.render.graph.content import graph_of, neighbourhood
    from devkit.table.load import read_table

    root = project_root()
    chosen = _format(output, form, open_it=open_it)
    table = read_table(table_file(root))
    for name in services or ():
        if name not in table.services:
            raise unknown_service(name, table.services)
    only = neighbourhood(table, services) if services else None
    states, status = _live(root, table, engine, live)
    text = _text(graph_of(table, states, only), chosen, status, output)
    if open_it and output is None:
        output = state_dir(root) / "graph.svg"
    if output is None:
        emit(text)
        if is_terminal():
            say("→ ./devkit graph --open draws it in the browser; -o FILE.svg keeps it")
        return
    _write(output, text)
    if not (open_it and webbrowser.open(output.resolve().as_uri())):
        say(f"written to {output}")


def _format(output: Path | None, form: Format | None, *, open_it: bool) -> Format:
    told = _SUFFIXES.get(output.suffix.lower()) if output else None
    if output and told is None and form is None:
        raise DevkitError(
            f"{output.name} has no known format",
            fix=f"end it in {', '.join(_SUFFIXES)}, or add --format",
            exit_code=ExitCode.USAGE,
        )
    chosen = form or told or (Format.SVG if open_it else Format.MERMAID)
    if told not in (None, chosen):
        message = f"{output and output.name} and --format {chosen} contradict each other"
        raise DevkitError(message, exit_code=ExitCode.USAGE)
    if open_it and chosen is not Format.SVG:
        message = "only an SVG can be opened in the browser"
        raise DevkitError(message, fix="leave out --open or the format", exit_code=ExitCode.USAGE)
    return chosen


def _live(
    root: Path, table: Table, engine: str | None, wanted: bool | None
) -> tuple[dict[str, Live] | None, str]:
    """How each service is, and that in a line; nothing when nothing runs, unless `wanted`, which raises then."""
    if wanted is False:
        return None, ""
    from devkit.engines.choice import active_engine
    from devkit.render.graph.model import Live

    active = active_engine(root, engine)
    try:
        units = {unit.name: unit for unit in active.overview().units}
    except DevkitError:
        if wanted or engine:
            raise
        return None, ""
    states = {
        name: _state(units.get(name)) or Live("off", detail="does not run here") for name in table.services
    }
    wanted_on = [state.state for state in states.values() if state.state != "off"]
    return states, f"{wanted_on.count('ready')} of {len(wanted_on)} ready · engine {active.name}"


def _state(unit: Status | None) -> Live | None:
    from devkit.render.graph.model import Live

    if unit is None:
        return None
    return Live(unit.state.value, unit.port, unit.debug_port, " ".join(unit.detail.split()))


def _text(graph: Graph, form: Format, status: str, output: Path | None) -> str:
    if form is Format.SVG:
        from devkit.render.graph.svg import svg

        return svg(graph, status)
    from devkit.render.graph.mermaid import mermaid

    fenced = output is not None and output.suffix.lower() == ".md"
    return f"```mermaid\n{mermaid(graph)}```\n" if fenced else mermaid(graph)


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, text.encode())
    except OSError as problem:
        raise DevkitError(f"{path}: {problem.strerror}", fix="check that its folder is there") from problem
