"""`devkit compose config`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

import typer

from devkit.base.console import emit, styled
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.compose.options import ProjectOptions
from devkit.commands.spread import spread
from devkit.compose import Project
from devkit.compose.listing import Line, lines_of, listing, matching, names_below, whence

__all__ = ["config"]

_WIDTH = 60


@spread
def config(
    form: ProjectOptions = ProjectOptions(),
    no_interpolate: Annotated[
        bool, typer.Option("--no-interpolate", help="Leave variables as they are written.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="What `docker compose config --format json` prints; with --where its answer, for programs.",
        ),
    ] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="Only this value, with file, line, the text there and its variables: services.web.image; * is every name: services.*.image. A name with dots in brackets: services.web.labels[a.b].",
        ),
    ] = None,
) -> int:
    """Show what Compose files say together, each value with the file and line that it comes from.

    Files, extends, includes, variables, env files and profiles are resolved as `docker compose config` does it; --json prints
    exactly what that prints. No Docker is needed.
    """
    project = form.load(interpolate=not no_interpolate)
    if where:
        _show_values(project, where, as_json=as_json)
    elif as_json:
        emit(project.json())
    else:
        _show(listing(project))
    return ExitCode.OK


def _show(lines: Iterable[Line]) -> None:
    shown = []
    for line in lines:
        place = f"{line.place.file}:{line.place.line}" if line.place else ""
        behind = f"{place} ({line.note})" if line.note else place
        shown.append(f"{line.text:<{_WIDTH}}  {styled(f'# {behind}', 'dim')}" if behind else line.text)
    emit("\n".join(shown))


def _show_values(project: Project, paths: list[str], *, as_json: bool) -> None:
    found = [(path, whence(project, each)) for path in paths for each in matching(project, path) or [path]]
    for path, value in found:
        if value is None:
            before, near = names_below(project, path)
            meant = f"; did you mean {'.'.join(filter(None, (before, near)))}?" if near else ""
            fix = "./devkit compose config shows all values"
            raise DevkitError(f"there is no {path}{meant}", fix=fix, exit_code=ExitCode.USAGE)
    if as_json:
        data = [value.as_data() for _, value in found if value]
        emit(json.dumps(data[0] if len(data) == 1 else data, indent=2, ensure_ascii=False))
        return
    for _, value in found:
        if value:
            emit("\n".join(value.lines()))
            if value.is_nested:
                _show(lines_of(value.node, "  "))
