"""`devkit audit`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.console import print_table
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.checks.selection import select
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.state.audit import CHECKS
from devkit.state.runs import audit_state
from devkit.table.load import read_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Audits that run the platform: what its services keep in themselves.",
)  # fmt: skip


@app.callback()
def audit() -> None:
    """Keeps `state` a command of its own, for as long as it is the only one."""


@app.command()
@spread
def state(
    flows: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FLOW]…", help="Files of dev/verify/, without .py. Default: all."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: state.files …")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    verbose: VerboseOption = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Find what services keep in files and in their memory. Exit 1 when there is anything.

    Drives each flow through a private instance: with one process of each service, then with another one for each request
    and job. Nothing of yours is touched, and nothing need run. A comment allows what is right: # state: allow: reason
    """
    if list_them:
        print_table(("check", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    form.require_one()
    checks = select(CHECKS, only or [], skip or [], "audit state")
    root = project_root()
    table = read_table(table_file(root))
    began = time.monotonic()
    with terminated_as_interrupted(), Progress("auditing state") as progress:
        seen = audit_state(root, flows or [], progress.note if form.for_programs else progress.say)
    outcomes = run_checks(seen, checks, command="audit state")
    report = make_report("audit state", outcomes, time.monotonic() - began, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)
