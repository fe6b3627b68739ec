"""`devkit resources observe`: real use, measured while webhooks come in."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say, styled, warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import project_root, table_file
from devkit.base.progress import Progress
from devkit.base.signals import terminated_as_interrupted
from devkit.commands.options import EngineOption
from devkit.findings.report import Report, suppress
from devkit.findings.table import render_table
from devkit.model import Table
from devkit.resources import tables
from devkit.resources.document import read_document, render_document
from devkit.resources.figures import uses
from devkit.resources.judge import Judged, judge, table_spots
from devkit.resources.load import Load, prepared_load
from devkit.resources.model import Observation, Sample
from devkit.resources.observe import Progress as Shown
from devkit.resources.observe import observe as observe_platform
from devkit.resources.picture import draw
from devkit.resources.plan import MOST_A_SECOND, Plan, make_plan
from devkit.resources.propose import as_cores, as_memory
from devkit.resources.site import COMPOSE, watched
from devkit.table.load import read_table

COMMAND = "resources observe"


def observe(
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1, max=3600, help="Seconds to send webhooks for. Default: 30; with the kubelet 195."
        ),
    ] = None,
    webhooks: Annotated[
        int | None, typer.Option(min=1, help="Number to send, spread over that time.")
    ] = None,
    orders: Annotated[int | None, typer.Option(min=1, hidden=True)] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, help=f"Webhooks per second. Default: 1; at most {MOST_A_SECOND:g}."),
    ] = None,
    idle: Annotated[
        float | None,
        typer.Option(
            min=0, max=3600, help="Seconds before the first webhook. Default: 10; with the kubelet 45."
        ),
    ] = None,
    settle: Annotated[
        float | None,
        typer.Option(
            min=0, max=3600, help="Seconds after the last webhook. Default: 30; with the kubelet 45."
        ),
    ] = None,
    no_load: Annotated[bool, typer.Option("--no-load", help="Only watch; send nothing.")] = False,
    engine: EngineOption = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="processes (engine local), kubelet or docker (engine tilt)."),
    ] = None,
    compose: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Watch a Compose project's containers instead; sends nothing."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON, samples too.")] = False,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a chart into this file.")] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE|-", help="Evaluate and draw a file that --json wrote; measure nothing."
        ),
    ] = None,
) -> int:
    """Measure what services use while webhooks come in, compare it with the table, and propose values.

    Sent are the table's example webhooks, signed, to the platform that runs on this machine. What they cause stays in its
    development database. Ctrl-C ends it with the report of what was seen so far. Nothing is written but --svg.
    Exit 1 when a limit of the table would not hold what was used, or nothing was seen.
    """
    root = project_root()
    table = read_table(table_file(root))
    webhooks = orders if webhooks is None else webhooks  # `--orders` is its name from before
    if again is not None:
        measuring = (seconds, webhooks, rate, idle, settle, engine, source, compose)
        if no_load or any(option is not None for option in measuring):
            raise DevkitError(
                "--from measures nothing",
                fix="combine it only with --json and --svg",
                exit_code=ExitCode.USAGE,
            )
        found = _read(again)
    else:
        target = watched(root, table, engine, source, compose)
        plan = make_plan(
            target.source.period, seconds=seconds, webhooks=webhooks, rate=rate, idle=idle, settle=settle,
            load=not (no_load or target.engine == COMPOSE),
        )  # fmt: skip
        say(f"devkit: {_announced(plan, target.source.name)}")
        with terminated_as_interrupted(), _load(root, table, target.engine, plan) as load, _shown() as shown:
            found = observe_platform(
                target.source, plan, load, engine=target.engine, services=target.services, progress=shown
            )
    return _report(root, table, found, as_json=as_json, svg=svg)


def _read(given: str) -> Observation:
    if given == "-":
        return read_document(sys.stdin.read(), "standard input")
    try:
        return read_document(Path(given).read_text("utf-8"), given)
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "not UTF-8"
        raise DevkitError(f"{given}: {reason}", exit_code=ExitCode.USAGE) from None


def _announced(plan: Plan, source: str) -> str:
    phases = ", ".join(f"{name} {seconds:g} s" for name, seconds in plan.phases)
    load = f"; {plan.webhooks} webhooks, {plan.rate:g} a second" if plan.webhooks else ""
    return f"observing {plan.seconds:g} s ({source}): {phases}{load}; Ctrl-C reports what was measured so far"


@contextlib.contextmanager
def _load(root: Path, table: Table, engine: str, plan: Plan) -> Iterator[Load | None]:
    if not plan.webhooks:
        yield None
        return
    with prepared_load(root, table, engine, webhooks=plan.webhooks, rate=plan.rate) as load:
        yield load


@contextlib.contextmanager
def _shown() -> Iterator[Shown]:
    """A line that says how far it is; each phase's beginning stays."""
    with Progress("looking") as progress:
        phases: list[str] = []

        def shown(name: str, done: float, whole: float, load: Load | None, news: Sequence[Sample]) -> None:
            if name not in phases:
                phases.append(name)
                progress.note(f"devkit: {name} …")
            sent = (
                f"; {load.sent.accepted} of {load.sent.total} webhooks accepted" if load is not None else ""
            )
            most = max(news, key=lambda sample: sample.cpu or 0.0, default=None)
            busiest = (
                f"; {most.service} {as_cores(most.cpu)}, {as_memory(most.memory)}"
                if most is not None and most.cpu is not None
                else ""
            )
            progress.say(f"{name} {done:.0f} of {whole:.0f} s{sent}{busiest}")

        yield shown


def _report(root: Path, table: Table, found: Observation, *, as_json: bool, svg: Path | None) -> int:
    judged, findings = judge(
        table, table_spots(table_file(root), table.file), found, uses(found, list(table.services))
    )
    counting, silent = suppress(findings, table.suppressions, date.today())
    engine = found.engine if found.engine != COMPOSE else None
    report = Report(COMMAND, counting, suppressed=silent, engine=engine, seconds=found.phases[-1].end)
    if as_json:
        emit(render_document(found, judged, report))
    else:
        _print(found, judged, report)
    if svg is not None:  # last, so that a full disk costs the picture, not the report
        replace_file(svg, draw(found, judged).encode())
        say(f"devkit: wrote {svg}")
    return ExitCode.CHECK_FAILED if report.failed or not judged else ExitCode.OK


def _print(found: Observation, judged: Sequence[Judged], report: Report) -> None:
    emit(tables.story(found))
    emit("")
    if judged:
        print_table(tables.CPU_HEADER, tables.cpu_rows(judged))
        emit("")
        print_table(tables.MEMORY_HEADER, tables.memory_rows(judged))
        emit("")
        emit(styled(tables.caveat(found), "dim"))
    for line in tables.not_seen(found):
        emit(styled(line, "dim"))
    if not judged:
        of = (
            "docker ps --filter label=com.docker.compose.project"
            if found.engine == COMPOSE
            else "./devkit status"
        )
        warn("nothing was observed", f"{of} says what runs")
        return
    emit("")
    emit(render_table(report) if report.findings or report.suppressed else "no findings about the table")
    if text := tables.snippet(found, judged):
        emit("")
        emit(styled("# into dev/services.yaml, then ./devkit generate (docs/resources.md)", "dim"))
        emit(text)
