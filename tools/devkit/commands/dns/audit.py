"""`devkit dns audit`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated

import typer

from devkit.base.console import print_table
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.progress import Progress
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.checks.selection import select
from devkit.commands.dns.options import (
    AskOptions,
    IssuerOption,
    NameOptions,
    Subject,
    TtlOption,
    checked_issuer,
    checked_ttl,
)
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.dns.audit.checks import CERTIFICATE, CHECKS
from devkit.dns.audit.rule import Audit, Demands
from devkit.dns.names import parse_address
from devkit.dns.survey import collect

__all__ = ["audit"]

_COMMAND = "dns audit"


@spread
def audit(
    form: NameOptions = NameOptions(),
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="The address that the names are to lead to; again for more (IPv6 too). Default: the stack's own, where it says.",
        ),
    ] = None,
    ttl: TtlOption = 60,
    days: Annotated[int, typer.Option(metavar="N", help="Warn of certificates that expire sooner.")] = 21,
    issuer: IssuerOption = "letsencrypt.org",
    ask: AskOptions = AskOptions(),
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: dns.ttl …")] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Skip these; without dns.certificate no name is connected to."),
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    verbose: VerboseOption = False,
    report_form: ReportOptions = ReportOptions(),
) -> int:
    """Ask every name server of each name itself, no cache: addresses, aliases, TTLs, agreement, CAA; and each address for its
    certificate. Exit 1 on an error; warnings exit 0. It only reads.
    """
    if list_them:
        print_table(("check", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    report_form.require_one()
    checks = select(CHECKS, only or [], skip or [], _COMMAND)
    if days < 0:
        raise DevkitError(f"--days: {days} is below 0", fix="such as --days 21", exit_code=ExitCode.USAGE)
    demands = Demands(ttl=checked_ttl(ttl), days=days, issuer=checked_issuer(issuer))
    wanted = frozenset(parse_address(each, "--expect") for each in expect or ())
    questions = ask.questions()
    subject = form.subject()
    if wanted:
        subject = Subject(subject.names, wanted, "--expect")
    began = time.monotonic()
    certificates = any(check.id == CERTIFICATE for check in checks)
    with Progress(f"asking about {len(subject.names)} names") as progress:
        survey = collect(
            subject.names,
            replace(questions, certificates=certificates),
            lambda who: progress.say(f"asking {who}"),
        )
    seen = Audit(survey, replace(demands, expected=subject.expected, because=subject.because))
    outcomes = run_checks(seen, checks, command=_COMMAND)
    report = make_report(_COMMAND, outcomes, time.monotonic() - began)
    return report_form.show(report, verbose=verbose)
