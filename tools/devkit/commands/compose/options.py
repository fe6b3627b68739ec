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

__all__ = ["ContextOption", "GateOptions", "ProjectOptions", "RollOptions"]

ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="The Docker that the stack runs on: one of `docker context ls`, ssh too. Default: docker's own.",
    ),
]

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


@dataclass(frozen=True)
class GateOptions:
    """How the gate asks, and what has to be there."""

    times: Annotated[int, typer.Option(min=1, help="How often each URL is asked, in a row.")] = 3
    every: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Seconds between two questions.")] = (
        2.0
    )
    connect_to: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Send requests here, whatever address the names have."),
    ] = None
    cacert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trust this authority as well (PEM). SSL_CERT_FILE counts, too."),
    ] = None
    free: Annotated[
        float, typer.Option(min=0, metavar="GB", help="What has to be free on Docker's disk, in GB.")
    ] = 2.0

    @property
    def address(self) -> tuple[str, int] | None:
        """Where requests are sent; None: to the addresses of the names. Raises DevkitError (exit 2) for what is no HOST:PORT."""
        if self.connect_to is None:
            return None
        host, _, port = self.connect_to.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise DevkitError(
                f"--connect-to {self.connect_to} is no HOST:PORT",
                fix="for example 127.0.0.1:443",
                exit_code=ExitCode.USAGE,
            )
        return host.strip("[]"), int(port)


@dataclass(frozen=True)
class RollOptions:
    """How copies are replaced, where the files do not say it."""

    wait: Annotated[
        float | None,
        typer.Option(
            min=1,
            metavar="SECONDS",
            help="What a new copy gets to become ready. Default: what its health check needs.",
        ),
    ] = None
    monitor: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long new copies are watched before old ones are removed. Default: `update_config.monitor`, else 60.",
        ),
    ] = None
    proxy: Annotated[
        str, typer.Option(metavar="CONTAINER", help="Traefik's container. Default: the project's own.")
    ] = ""
