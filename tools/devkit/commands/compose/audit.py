"""`devkit compose audit`."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.checks import Check, Outcome
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.checks.selection import select
from devkit.commands.compose.options import ProjectOptions
from devkit.commands.confirm import fix_confirmed
from devkit.commands.options import ReportOptions, VerboseOption
from devkit.commands.spread import spread
from devkit.compose.audit.checks import CHECKS
from devkit.compose.audit.edits import edited
from devkit.compose.audit.stack import Stack
from devkit.findings.report import Report

__all__ = ["audit"]

_COMMAND = "compose audit"


@spread
def audit(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]…", help="Compose files, each over those before it.")
    ] = None,
    form: ProjectOptions = ProjectOptions(),
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these: compose.ports …")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Skip these.")] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Change in the files what can be changed safely (shows it, asks first)."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --fix.")] = False,
    list_them: Annotated[bool, typer.Option("--list", help="Show every check's id and run none.")] = False,
    verbose: VerboseOption = False,
    report_form: ReportOptions = ReportOptions(),
) -> int:
    """Check Compose files for what keeps services from running in copies, being updated without a pause, and moving to
    Kubernetes. Exit 1 on an error; warnings exit 0.

    A comment allows what is right as it is: # compose: allow RULE: reason
    """
    if list_them:
        print_table(("check", ""), [(check.id, check.about) for check in CHECKS])
        return ExitCode.OK
    report_form.require_one()
    checks = select(CHECKS, only or [], skip or [], _COMMAND)
    form = replace(form, files=[*(paths or []), *(form.files or [])] or None).with_example()
    stack = Stack(form.load())
    outcomes, report = _judged(stack, checks)
    if fix and (changed := _wanted(stack, outcomes)):
        report = _fixed(form, checks, changed, report, yes=yes)
    elif fix:
        say("devkit: nothing --fix can do")
    return report_form.show(report, verbose=verbose)


def _judged(stack: Stack, checks: Sequence[Check[Stack]]) -> tuple[list[Outcome], Report]:
    began = time.monotonic()
    outcomes = run_checks(stack, checks, command=_COMMAND)
    return outcomes, make_report(_COMMAND, outcomes, time.monotonic() - began)


def _wanted(stack: Stack, outcomes: Sequence[Outcome]) -> dict[Path, bytes]:
    """Every file that the fixes change, with its new content."""
    for outcome in outcomes:
        for problem in outcome.problems:
            if problem.fix is not None and problem.fix.apply is not None:
                problem.fix.apply(stack)
    return edited(Path.cwd(), stack.wanted)


def _fixed(
    form: ProjectOptions,
    checks: Sequence[Check[Stack]],
    changed: Mapping[Path, bytes],
    report: Report,
    *,
    yes: bool,
) -> Report:
    """Shows what would change, asks, changes it, and checks again."""
    emit("".join(_difference(path, content) for path, content in sorted(changed.items())).rstrip("\n"))
    if not fix_confirmed(f"Change {'these files' if len(changed) > 1 else 'this file'}?", yes=yes):
        return report
    before = {path: path.read_bytes() for path in changed}
    for path, content in changed.items():
        replace_file(path, content)
    try:
        stack = Stack(form.load())
    except DevkitError as refusal:
        for path, content in before.items():
            replace_file(path, content)
        raise DevkitError(
            f"Compose would refuse the changed files, so they are as before\n{refusal.message}"
        ) from None
    return _judged(stack, checks)[1]


def _difference(path: Path, content: bytes) -> str:
    old, new = path.read_text("utf-8"), content.decode()
    name = str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    return "".join(
        difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), name, name)
    )
