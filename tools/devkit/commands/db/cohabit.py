"""`devkit db cohabit`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread

__all__ = ["cohabit"]


@spread
def cohabit(
    ref: Annotated[
        str | None,
        typer.Argument(
            metavar="[REF]",
            help="The code that runs now: a branch, tag or commit. Default: where this branch left the main one.",
        ),
    ] = None,
    flows: Annotated[
        list[str] | None,
        typer.Option("--flow", metavar="FLOW", help="A file of dev/verify/, without .py. Default: all."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=2, help="How often each flow is driven while both codes run.")
    ] = 3,
    list_them: Annotated[bool, typer.Option("--list", help="Show every state and try none.")] = False,
    verbose: VerboseOption = False,
    form: ReportOptions = ReportOptions(),
) -> int:
    """Run REF's code and this clone's together, on every schema that new migrations make. Exit 1 when one fails.

    They share the databases of a private instance, and flows are driven through them meanwhile: REF's code while each
    migration is applied, both codes at once, this clone's alone, REF's again. Nothing of yours is touched.
    """
    from devkit.cohabitation.checks import CHECKS
    from devkit.cohabitation.proof import prove
    from devkit.cohabitation.reference import choose_reference, differs
    from devkit.database.target import migrated_service
    from devkit.table.load import read_table

    if list_them:
        print_table(("state", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    form.require_one()
    root = project_root()
    table = read_table(table_file(root))
    reference = choose_reference(root, ref, str(migrated_service(table).migrations))
    why = f", {reference.why}" if reference.why else ""
    if not differs(root, reference.commit):
        say(f"devkit: nothing differs from {reference}: nothing to prove")
        return ExitCode.OK
    began = time.monotonic()
    with terminated_as_interrupted(), Progress("comparing codes") as progress:
        progress.note(f"devkit: the old code is {reference}{why}; the new one is this clone, as it is now")
        tell = progress.note if form.for_programs else progress.say
        seen = prove(root, reference, flows or [], rounds, tell, progress.note)
    outcomes = run_checks(seen, CHECKS, command="db cohabit")
    report = make_report("db cohabit", outcomes, time.monotonic() - began, suppressions=table.suppressions)
    return form.show(report, verbose=verbose)
