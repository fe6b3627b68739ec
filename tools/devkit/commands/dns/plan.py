"""`devkit dns plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say, warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.progress import Progress
from devkit.commands.dns.options import (
    AskOptions,
    IssuerOption,
    NameOptions,
    TtlOption,
    checked_issuer,
    checked_ttl,
)
from devkit.commands.spread import spread
from devkit.dns.names import parse_address
from devkit.dns.plan.cutover import make_cutover
from devkit.dns.plan.runbook import render_runbook
from devkit.dns.plan.steps import Circumstances
from devkit.dns.survey import collect

__all__ = ["plan"]


@spread
def plan(
    form: NameOptions = NameOptions(),
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="ADDRESS", help="The new IPv4 address; again for more."),
    ] = None,
    to_aaaa: Annotated[
        list[str] | None,
        typer.Option(
            "--to-aaaa",
            metavar="ADDRESS",
            help="The new IPv6 address. Without one, AAAA records are to be deleted.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --output.")] = False,
    ttl: TtlOption = 60,
    issuer: IssuerOption = "letsencrypt.org",
    ask: AskOptions = AskOptions(),
) -> int:
    """Write the runbook for the move of the names to another address, as Markdown, with what every name server says now.

    It asks and connects, and changes nothing. The new address is asked for its certificates.
    """
    if not to and not to_aaaa:
        raise DevkitError("no new address", fix="name it: --to ADDRESS", exit_code=ExitCode.USAGE)
    four = [parse_address(each, "--to", 4) for each in to or ()]
    six = [parse_address(each, "--to-aaaa", 6) for each in to_aaaa or ()]
    if output is not None and output.exists() and not force:
        raise DevkitError(f"{output} is there already", fix="--force replaces it", exit_code=ExitCode.USAGE)
    ttl, issuer = checked_ttl(ttl), checked_issuer(issuer)
    questions = replace(ask.questions(), at=(*four, *six))
    subject = form.subject()
    with Progress(f"asking about {len(subject.names)} names") as progress:
        survey = collect(subject.names, questions, lambda who: progress.say(f"asking {who}"))
    move = make_cutover(survey, four, six, ttl)
    if not move.changes:
        raise DevkitError(
            "no name server answered for any of the names, so there is nothing to plan with",
            fix="./devkit dns audit says why",
        )
    arguments = [*_names(form), *ask.arguments(), *(["--ttl", str(ttl)] if ttl != 60 else [])]
    if issuer != "letsencrypt.org":
        arguments += ["--issuer", issuer]
    text = render_runbook(
        move, Circumstances(issuer, questions.https_port, subject.variable, tuple(arguments))
    )
    if output is None:
        emit(text)
    else:
        replace_file(output, text.encode())
        say(f"devkit: wrote {output}")
    if move.unknown:
        warn(f"{len(move.unknown)} things could not be found out; the plan's last part names them")
    return ExitCode.OK


def _names(form: NameOptions) -> list[str]:
    """What is typed to ask about the same names again: nothing for the stack's own."""
    given = [str(name) for name in form.names or ()]
    for option, values in (("--also", form.also), ("--file", form.files), ("--env-file", form.env_files)):
        given += [word for value in values or () for word in (option, str(value))]
    return given
