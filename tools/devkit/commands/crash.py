"""`devkit crash`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.console import emit
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.crash.effects import Point
from devkit.crash.model import Wanted
from devkit.crash.report import CHECKS
from devkit.crash.run import crash
from devkit.table.load import read_table

__all__ = ["run"]


@spread
def run(
    flow: Annotated[
        str | None,
        typer.Argument(metavar="[FLOW]", help="A file of dev/crash/, without .py. Default: the only one."),
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Only so many points, drawn by the seed. Default: all."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What is drawn, and what the flows are about.")] = 0,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Only points that have this in their name; repeatable."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="POINT", help="Only this point, as a failure names it; repeatable."),
    ] = None,
    first: Annotated[bool, typer.Option("--first", help="Stop at the first failure.")] = False,
    list_them: Annotated[
        bool, typer.Option("--list", help="Drive the flow undisturbed, show its points and kill nothing.")
    ] = False,
    verbose: VerboseOption = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Kill services at every commit, Redis command and HTTP call of a flow. Exit 1 when anything is lost or done twice.

    Drives the flow through a private instance, once for each point: the service that is about to have the effect, or has just
    had it and does not know, gets SIGKILL. Nothing of yours is touched, and nothing need run.
    """
    form.require_one()
    if at and (points or only):
        raise DevkitError("--at excludes --points and --only", exit_code=ExitCode.USAGE)
    try:
        named = tuple(Point.parse(text) for text in at or ())
    except ValueError as problem:
        raise DevkitError(str(problem), fix="./devkit crash --list", exit_code=ExitCode.USAGE) from None
    wanted = Wanted(named, tuple(only or ()), points, seed, first)
    root = project_root()
    table = read_table(table_file(root))
    began = time.monotonic()
    with terminated_as_interrupted(), Progress("crash points") as progress:
        say = progress.note if form.for_programs else progress.say
        seen = crash(root, flow, wanted, say, progress.note, only_list=list_them)
    if list_them and not seen.failures:
        for point in seen.points:
            emit(str(point))
        return ExitCode.OK
    outcomes = run_checks(seen, CHECKS, command="crash")
    report = make_report("crash", outcomes, time.monotonic() - began, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)
