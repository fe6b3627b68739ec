"""`devkit compose gate`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.checks.report import make_report
from devkit.checks.selection import select
from devkit.commands.checking import progress_of
from devkit.commands.compose.options import ContextOption, ProjectOptions
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
    times: Annotated[int, typer.Option(min=1, help="How often each URL is asked, in a row.")] = 3,
    every: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Seconds between two questions.")
    ] = 2.0,
    connect_to: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Send requests here, whatever address the names have."),
    ] = None,
    cacert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trust this authority as well (PEM). SSL_CERT_FILE counts, too."),
    ] = None,
    free: Annotated[
        float, typer.Option(min=0, metavar="GB", help="What has to be free on Docker's disk, in GB.")
    ] = 2.0,
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
    from devkit.commands.compose.pending import pending_of
    from devkit.commands.compose.stack import docker_of, repository, secret_values, stack_of
    from devkit.compose.gate import CHECKS, COMMAND, Gate, chosen, run_gate
    from devkit.secrets.redact import Redactor

    if list_them:
        print_table(("check", "what is true when it passes"), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    report_form.require_one()
    select(CHECKS, only or [], skip or [], COMMAND)  # before anything takes long
    address = _address(connect_to)
    form, stack = stack_of(form)
    known = repository()
    subject = Gate(
        stack, docker_of(form, context), tuple(services or ()), times=times, every=every, tag=tag, connect_to=address,
        ca_file=cacert, free=int(free * 10**9), migrations=pending_of(*known) if known else None,
    )  # fmt: skip
    checks, wanted = chosen(subject, only or [], skip or [])
    began = time.monotonic()
    with progress_of(checks) as tell:
        outcomes = run_gate(subject, checks, on_result=tell, clean=Redactor(secret_values(stack, known)))
    report = make_report(COMMAND, outcomes, time.monotonic() - began, wanted=wanted)
    code = report_form.show(report, verbose=verbose)
    if not report_form.for_programs and (report.failed or not (only or skip)):
        say(f"devkit: {subject.project} is {'not ' * report.failed}fit to be updated now")
    return code


def _address(text: str | None) -> tuple[str, int] | None:
    """`HOST:PORT`. Raises DevkitError (exit 2) for anything else."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise DevkitError(
            f"--connect-to {text} is no HOST:PORT", fix="for example 127.0.0.1:443", exit_code=ExitCode.USAGE
        )
    return host.strip("[]"), int(port)
