"""`devkit config audit`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.console import print_table
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.checks.selection import select
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.configuration.audit import CHECKS, audit_repository
from devkit.table.load import read_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Configuration: what the code holds and reads, against the table.",
)  # fmt: skip


@app.callback()
def config() -> None:
    """Keeps `audit` a command of its own, for as long as it is the only one."""


@app.command()
@spread
def audit(
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: config.url …")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    verbose: VerboseOption = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Find hard-coded values in the code, and variables and secrets out of place. Exit 1 when there are any.

    A comment allows what is right as it is: # config: allow RULE: reason
    """
    if list_them:
        print_table(("check", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    checks = select(CHECKS, only or [], skip or [], "config audit")
    root = project_root()
    table = read_table(table_file(root))
    began = time.monotonic()
    found = audit_repository(root, table)
    outcomes = run_checks(found, checks, command="config audit")
    report = make_report("config audit", outcomes, time.monotonic() - began, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)
