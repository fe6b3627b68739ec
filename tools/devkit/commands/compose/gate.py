"""`devkit compose gate`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import ExitCode
from devkit.checks.selection import select
from devkit.commands.compose.options import ContextOption, GateOptions, ProjectOptions
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread

__all__ = ["gate"]


@spread
def gate(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]…",
            help="Those to be updated: looks at them, at what they depend on and at the proxy. Default: the whole project.",
        ),
    ] = None,
    form: ProjectOptions = ProjectOptions(),
    context: ContextOption = None,
    tag: Annotated[
        str,
        typer.Option(metavar="TAG", help="The tag to update to (git-abc1234). Default: those in the files."),
    ] = "",
    options: GateOptions = GateOptions(),
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: gate.ready …")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Skip these.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    verbose: VerboseOption = False,
    report_form: ReportOptions = ReportOptions(),
) -> int:
    """Find out whether a running stack is fit to be updated now. Exit 1 when it is not, with the reason. Changes nothing.

    Without -f: the Compose project of the current folder; where there is none, the staging project of the repository
    (deployment/staging).
    """
    from devkit.commands.compose.judging import judge
    from devkit.commands.compose.stack import docker_of, stack_of
    from devkit.compose.gate import CHECKS, COMMAND

    if list_them:
        print_table(("check", "what is true when it passes"), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    report_form.require_one()
    select(CHECKS, only or [], skip or [], COMMAND)  # before anything takes long
    form, stack = stack_of(form)
    docker = docker_of(form, context)
    report = judge(stack, docker, services or [], options, tag=tag, only=only or [], skip=skip or [])
    code = report_form.show(report, verbose=verbose)
    if not report_form.for_programs and (report.failed or not (only or skip)):
        say(f"devkit: {stack.project.name} is {'not ' * report.failed}fit to be updated now")
    return code
