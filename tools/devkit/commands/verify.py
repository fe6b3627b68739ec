"""`devkit verify`: the running platform, checked from outside."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated

import typer

from devkit.base.console import print_table
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.signals import terminated_as_interrupted
from devkit.checks.report import make_report
from devkit.commands.checking import progress_of
from devkit.commands.options import EngineOption, ReportOptions
from devkit.commands.spread import spread
from devkit.engines.choice import active_engine
from devkit.table.load import read_table
from devkit.verify.catalogue import all_checks, chosen
from devkit.verify.look import look


@spread
def run(
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID|GROUP", help="Only these: forwards, sync.SERVICE …")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID|GROUP", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Leave out what changes something (sync, restart, order).")
    ] = False,
    engine_name: EngineOption = None,
    forwards: Annotated[
        bool,
        typer.Option(
            "--own-forwards", help="Open port-forwards for the duration of the check (no tilt up needed)."
        ),
    ] = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Check the running platform from outside: ports, names, live sync, restarts, an order. Exit 1 when one fails.

    It changes development data: it sends an order, restarts services, and appends a comment to sources for a moment.
    --read-only only looks.
    """
    root = project_root()
    table = read_table(table_file(root))
    checks = chosen(all_checks(root, table), only or [], skip or [], read_only=read_only)
    if list_them:
        print_table(
            ("check", "changes", ""), [(c.id, "yes" if c.serial else "", c.moved(0).about) for c in checks]
        )
        return ExitCode.OK
    began = time.monotonic()
    site = active_engine(root, engine_name).site()
    checks = [check.moved(site.offset) for check in checks]
    with (
        terminated_as_interrupted(),
        site.devkit_forwards() if forwards else contextlib.nullcontext(),
        progress_of(checks, lines=form.for_programs) as tell,
    ):
        outcomes = look(site, checks, tell)
    seconds = time.monotonic() - began
    suppressions = site.table.suppressions
    report = make_report("verify", outcomes, seconds, engine=site.engine, suppressions=suppressions)
    return form.show(report, verbose=True)
