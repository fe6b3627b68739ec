"""Options that several commands share, and what they do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Annotated

import typer

from devkit.base.console import emit, is_terminal
from devkit.base.errors import DevkitError, ExitCode
from devkit.findings.formats import REPORT_VERSION, render_json, render_junit, render_sarif
from devkit.findings.report import Report
from devkit.findings.table import render_table

__all__ = ["EngineOption", "JsonOption", "ReportOptions", "VerboseOption"]

EngineOption = Annotated[
    str | None, typer.Option("--engine", help="local or tilt. Default: the one that runs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The report as JSON, for programs.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Show passed checks as well.")]


@dataclass(frozen=True)
class ReportOptions:
    """In which form a report is printed."""

    as_json: JsonOption = False
    report_version: Annotated[
        int,
        typer.Option(
            "--report-version", metavar="N", help="With --json: the report's version, 1 or 2. Default: 2."
        ),
    ] = REPORT_VERSION
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="The report as SARIF 2.1.0, for code scanners.")
    ] = False
    as_junit: Annotated[bool, typer.Option("--junit", help="The report as JUnit's XML, for CI.")] = False

    @property
    def for_programs(self) -> bool:
        """Whether some other form than the one for people was asked for."""
        return self.as_json or self.as_sarif or self.as_junit

    def require_one(self) -> None:
        """Raises DevkitError (exit 2) when several forms were asked for; before anything that takes long."""
        if self.as_json + self.as_sarif + self.as_junit > 1:
            raise DevkitError("--json, --sarif and --junit exclude each other", exit_code=ExitCode.USAGE)

    def show(self, report: Report, *, verbose: bool = False) -> ExitCode:
        """Prints it; returns the command's exit code. Raises DevkitError (exit 2) when several forms were asked for."""
        self.require_one()
        if self.as_json:
            emit(render_json(report, self.report_version))
        elif self.as_sarif:
            emit(render_sarif(report))
        elif self.as_junit:
            emit(render_junit(report))
        else:
            width = shutil.get_terminal_size().columns if is_terminal() else None
            emit(render_table(report, width=width, verbose=verbose))
        return ExitCode.CHECK_FAILED if report.failed else ExitCode.OK
