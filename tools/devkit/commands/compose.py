"""`devkit compose config`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say, styled
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.spread import spread
from devkit.compose import Project, load_project
from devkit.compose.listing import Line, lines_of, listing, matching, names_below, whence
from devkit.findings.model import Severity
from devkit.findings.text import render_text

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Compose files: what they say together, and where (docs/compose.md).",
)  # fmt: skip

_WIDTH = 60


@dataclass(frozen=True)
class ComposeOptions:
    """Which files are read, and with what: Compose's own options, by Compose's names."""

    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="A Compose file; again for one over it. Default: those that Compose finds.",
        ),
    ] = None
    profiles: Annotated[
        list[str] | None, typer.Option("--profile", metavar="NAME", help="Enable a profile; * for all.")
    ] = None
    env_files: Annotated[
        list[Path] | None,
        typer.Option("--env-file", metavar="FILE", help="Variables. Default: .env beside the first file."),
    ] = None
    project_directory: Annotated[
        Path | None,
        typer.Option(
            "--project-directory",
            metavar="FOLDER",
            help="Where relative paths start. Default: the first file's folder.",
        ),
    ] = None
    project_name: Annotated[
        str | None, typer.Option("--project-name", "-p", metavar="NAME", help="The project's name.")
    ] = None
    no_interpolate: Annotated[
        bool, typer.Option("--no-interpolate", help="Leave variables as they are written.")
    ] = False

    def load(self) -> Project:
        """The project; warnings go to standard error. Raises DevkitError (exit 2) where Compose would refuse it."""
        project, findings = load_project(
            self.files or (), profiles=self.profiles or (), env_files=self.env_files or (),
            project_directory=self.project_directory, name=self.project_name, interpolate=not self.no_interpolate,
        )  # fmt: skip
        if project is None:
            errors = [finding for finding in findings if finding.severity is Severity.ERROR]
            count = f"{len(errors)} error{'s' * (len(errors) > 1)}"
            raise DevkitError(
                f"{count} in the Compose files\n{render_text(errors)}", exit_code=ExitCode.USAGE
            )
        if findings:
            say(render_text(findings))
        return project


@app.callback()
def compose() -> None:
    """Keeps `config` a command of its own, for as long as it is the only one."""


@app.command()
@spread
def config(
    form: ComposeOptions = ComposeOptions(),
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
    project = form.load()
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
