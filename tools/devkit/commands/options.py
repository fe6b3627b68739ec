"""Options that several commands share, and what they do."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from devkit.base.console import emit, is_terminal
from devkit.base.errors import DevkitError, ExitCode
from devkit.findings.formats import REPORT_VERSION, render_json, render_junit, render_sarif
from devkit.findings.report import Report
from devkit.findings.table import render_table

__all__ = [
    "EngineOption",
    "JsonOption",
    "JunitOption",
    "RemoteOption",
    "ReportVersionOption",
    "SarifOption",
    "ToOption",
    "VerboseOption",
    "show",
]

EngineOption = Annotated[
    str | None, typer.Option("--engine", help="local or tilt. Default: the one that runs.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="URL", help="Send to this URL instead.")]
RemoteOption = Annotated[bool, typer.Option("--allow-remote", help="With --to: allow non-local URLs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The report as JSON, for programs.")]
SarifOption = Annotated[bool, typer.Option("--sarif", help="The report as SARIF 2.1.0, for code scanners.")]
ReportVersionOption = Annotated[
    int,
    typer.Option(
        "--report-version", metavar="N", help="With --json: the report's version, 1 or 2. Default: 2."
    ),
]
JunitOption = Annotated[bool, typer.Option("--junit", help="The report as JUnit's XML, for CI.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Show passed checks as well.")]


def show(
    report: Report, *, as_json: bool, as_sarif: bool, as_junit: bool, version: int = REPORT_VERSION, verbose: bool = False
) -> None:  # fmt: skip
    """Prints a report in the form that was asked for. Raises DevkitError (exit 2) when several were."""
    if as_json + as_sarif + as_junit > 1:
        raise DevkitError("--json, --sarif and --junit exclude each other", exit_code=ExitCode.USAGE)
    if as_json:
        emit(render_json(report, version))
    elif as_sarif:
        emit(render_sarif(report))
    elif as_junit:
        emit(render_junit(report))
    else:
        width = shutil.get_terminal_size().columns if is_terminal() else None
        emit(render_table(report, width=width, verbose=verbose))
