"""`devkit vscode`: devkit's part of the files under .vscode, and nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say, warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.generate import emit_diff, readable_errors, skipped
from devkit.findings import render_text

__all__ = ["run"]


def run(
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; show what would change; exit 1 if anything would."),
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove devkit's entries; yours stay.")] = False,
) -> None:
    """Write devkit's entries into launch.json, tasks.json, settings.json and extensions.json under .vscode.

    What people have in these files stays as they wrote it, comments and line ends included.
    """
    if check and remove:
        raise DevkitError("choose one of --check and --remove", exit_code=ExitCode.USAGE)
    root = project_root()
    with readable_errors():
        raise typer.Exit(_check(root) if check else _change(root, remove=remove))


def _check(root: Path) -> int:
    from devkit.render.generate import survey_editor
    from devkit.render.writer import diff_text
    from devkit.table.load import read_table

    found = survey_editor(root, read_table(table_file(root), look_around=True))
    emit_diff(diff_text(found.changes))
    if found.notes:
        say(render_text(found.notes))
    if found.changes:
        files = f"{len(found.changes)} file{'s' * (len(found.changes) > 1)}"
        warn(f"{files} out of step with dev/services.yaml", "run ./devkit vscode")
    return ExitCode.CHECK_FAILED if found.changes or found.notes else ExitCode.OK


def _change(root: Path, *, remove: bool) -> int:
    from devkit.render.editor.files import EDITOR_FOLDER
    from devkit.render.generate import apply, survey_editor
    from devkit.table.load import read_table

    # What is taken away is known by its marks: a broken table does not hinder that.
    found = survey_editor(root, None if remove else read_table(table_file(root), look_around=True))
    apply(root, found)
    for change in found.changes:
        emit(f"{change.kind.value:8} {change.path}")
    if remove:
        with contextlib.suppress(OSError):
            (root / EDITOR_FOLDER).rmdir()  # only when nothing is left in it
    if found.notes:
        say(render_text(found.notes))
        warn(skipped(found.notes), "fix the above")
    elif not found.changes:
        emit("there are no devkit entries" if remove else "everything is up to date")
    return ExitCode.CHECK_FAILED if found.notes else ExitCode.OK
