"""`devkit db check`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.checks.selection import select
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread

__all__ = ["check"]


@spread
def check(
    all_: Annotated[bool, typer.Option("--all", help="Every migration, each after those before it.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Migrations that REF does not have. Default: the main branch."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: db.drop-column …")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    measuring: Annotated[
        bool,
        typer.Option("--measure", help="Also measure locks on filled tables, under traffic. Takes minutes."),
    ] = False,
    rows: Annotated[int, typer.Option(min=1, help="With --measure: rows in each table.")] = 1_000_000,
    longest: Annotated[
        float, typer.Option(min=0, help="With --measure: seconds for which others may be locked out.")
    ] = 0.5,
    verbose: VerboseOption = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Find what new migrations do to the code that still runs. Exit 1 when there is anything.

    They run on a Postgres of their own, in a temporary folder. A comment allows what is right as it is: # db: allow RULE: reason
    """
    from devkit.database.check.checks import CHECKS, Examination, add_measured, examine
    from devkit.database.check.measuring.measure import measure
    from devkit.database.check.scratch import LARGE, SMALL, scratch_server
    from devkit.database.check.since import select_new
    from devkit.database.history import History
    from devkit.database.target import major_version, migrated_service
    from devkit.table.load import read_table

    if list_them:
        print_table(("check", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    if all_ and since is not None:
        message = "--all and --since exclude each other"
        raise DevkitError(message, fix="leave one out", exit_code=ExitCode.USAGE)
    checks = select(CHECKS, only or [], skip or [], "db check")
    root = project_root()
    table = read_table(table_file(root))
    service = migrated_service(table)
    history = History(root / str(service.migrations))
    began = time.monotonic()
    selection = select_new(root, history, history.line(history.target(None)), since, all_)
    found = Examination((), [])
    settings = LARGE if measuring else SMALL
    if not selection.revisions:
        say(f"devkit: {selection.about}")
    else:
        user = str(service.options["user"])
        with Progress("starting a scratch Postgres") as progress, scratch_server(settings, user) as server:
            wanted = major_version(str(service.image))
            progress.note(f"devkit: {selection.about}; on {_servers(server.version, wanted)}")
            found = examine(server, root, history, selection, version=wanted, progress=progress.say)
            if measuring:
                add_measured(found, measure(server, history, found.migrated, rows, progress.say), longest)
    outcomes = run_checks(found, checks, command="db check")
    report = make_report("db check", outcomes, time.monotonic() - began, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)


def _servers(here: int, wanted: int) -> str:
    """The scratch server's version, and the table's where it is another."""
    other = (
        f" (dev/services.yaml has {wanted}: what differs between the two is not noticed)"
        if wanted not in (0, here)
        else ""
    )
    return f"Postgres {here}{other}"
