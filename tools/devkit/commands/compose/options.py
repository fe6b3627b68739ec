"""Which Compose files a command reads, and with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.compose import Project, load_project
from devkit.findings.model import Severity
from devkit.findings.text import render_text

__all__ = ["ProjectOptions"]

_ENV, _EXAMPLE = ".env", ".env.example"


@dataclass(frozen=True)
class ProjectOptions:
    """Compose's own options, by Compose's names."""

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

    def with_example(self) -> ProjectOptions:
        """Where there is no .env, .env.example says which variables there are; that is told."""
        first = self.files[0].parent if self.files else Path()
        folder = self.project_directory or first
        if self.env_files or (folder / _ENV).exists() or not (folder / _EXAMPLE).is_file():
            return self
        say(f"devkit: there is no {folder / _ENV}; reading {folder / _EXAMPLE}")
        return replace(self, env_files=[folder / _EXAMPLE])

    def load(self, *, interpolate: bool = True) -> Project:
        """The project; warnings go to standard error. Raises DevkitError (exit 2) where Compose would refuse it."""
        project, findings = load_project(
            self.files or (), profiles=self.profiles or (), env_files=self.env_files or (),
            project_directory=self.project_directory, name=self.project_name, interpolate=interpolate,
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
