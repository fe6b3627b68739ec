"""`devkit doctor`: the machine, checked, and fixed."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.base.progress import Progress
from devkit.checks import Check, Outcome
from devkit.checks.selection import select, with_what_they_need
from devkit.commands.checking import progress_of
from devkit.commands.confirm import fix_confirmed
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.doctor.catalogue import all_checks, replayable
from devkit.doctor.fix import Planned, apply_fixes, plan_fixes
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.recorded import recorded
from devkit.doctor.report import doctor_report, wanted_engine
from devkit.engines.registry import engine_entry
from devkit.findings.report import Report


@spread
def run(
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID|GROUP", help="Only these: docker, ports.platform …")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID|GROUP", help="Skip these.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="The engine to check for: tilt or local. Default: tilt if it is installed."),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what can be fixed safely (asks first).")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --fix.")] = False,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Write an archive for a bug report, without secrets.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="BUNDLE",
            help="Check the machine recorded in a bundle instead; changes nothing.",
        ),
    ] = None,
    form: ReportOptions = ReportOptions(),
    verbose: VerboseOption = False,
) -> int:
    """Diagnose this machine: what is wrong, worst first, each with its fix. Exit 1 on an error; warnings exit 0.

    It looks at the machine; `./devkit verify` looks at the running platform.
    """
    root = project_root()
    known = all_checks(root)
    chosen = select(known, only or [], skip or [], "doctor")
    if list_them:
        _list(chosen, as_json=form.as_json)
        return ExitCode.OK
    checks, wanted = with_what_they_need(known, chosen, skip or []), {check.id for check in chosen}
    if source is not None:
        if fix or bundle:
            raise DevkitError(
                f"--from looks at a recorded machine, which {'--fix cannot change' if fix else 'a bundle is already'}",
                exit_code=ExitCode.USAGE,
            )
        report = _judged(source, engine, checks, wanted)
        return form.show(report, verbose=verbose)
    machine = Machine(root, wanted_engine(root, engine))
    began = time.monotonic()
    outcomes = _checked(machine, checks)
    report = doctor_report(machine, outcomes, time.monotonic() - began, wanted)
    if fix:
        report = _fixed(machine, checks, wanted, outcomes, report, yes=yes)
    form.show(report, verbose=verbose)
    if bundle:
        from devkit.doctor.bundle import write_bundle

        written = write_bundle(machine, report)
        say(
            f"devkit: wrote {written.path} ({len(written.names)} files); secrets are masked, read through it before you share it"
        )
    return ExitCode.CHECK_FAILED if report.failed else ExitCode.OK


def _list(checks: list[Check[Machine]], *, as_json: bool) -> None:
    if as_json:
        listed = [
            {"id": c.id, "group": c.group, "about": c.about, "engine": " ".join(c.engine) or None, "after": list(c.after), "deadline": c.deadline}
            for c in checks
        ]  # fmt: skip
        emit(json.dumps({"version": 1, "checks": listed}, indent=2))
    else:
        print_table(("check", "what it asks for"), [(check.id, check.about) for check in checks])


def _judged(source: Path, engine: str | None, checks: list[Check[Machine]], wanted: set[str]) -> Report:
    """The report on a recorded machine. Nothing of it can be fixed from here."""
    name = engine_entry(engine).name if engine is not None else None
    began = time.monotonic()
    with recorded(source, name) as found:
        machine = found.machine
        say(
            f"devkit: the machine of {source}, recorded {found.when} by devkit {found.version} ({machine.platform})"
        )
        outcomes = look(machine, [replayable(check) for check in checks])
        report = doctor_report(machine, outcomes, time.monotonic() - began, wanted)
    return replace(report, fixable=())


def _checked(machine: Machine, checks: list[Check[Machine]]) -> list[Outcome]:
    with progress_of(checks) as tell:
        return look(machine, checks, tell)


def _fixed(
    machine: Machine, checks: list[Check[Machine]], wanted: set[str], outcomes: list[Outcome], report: Report, *, yes: bool
) -> Report:  # fmt: skip
    """Shows the plan, asks, applies, and checks again."""
    planned, by_hand = plan_fixes(outcomes, {finding.id for finding in report.findings})
    planned = [each for each in planned if set(each.ids) & set(report.fixable)]
    if not planned:
        say("devkit: nothing --fix can do")
    for each in planned:
        say(f"devkit: would run  {_described(each)}")
    for each in by_hand:
        say(f"devkit: run it yourself:  {_described(each)}")
    if not planned:
        return report
    if not fix_confirmed(f"Run {'these' if len(planned) > 1 else 'this'}?", yes=yes):
        return report
    began = time.monotonic()
    with Progress("fixing") as progress:
        after, fixes = apply_fixes(machine, checks, planned, progress.say)
    return doctor_report(machine, after, time.monotonic() - began, wanted, fixes)


def _described(planned: Planned) -> str:
    effect = f" ({planned.fix.effect})" if planned.fix.effect else ""
    return f"{planned.fix.command}{effect}  for {', '.join(planned.ids)}"
