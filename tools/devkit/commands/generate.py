"""`devkit generate`: everything that follows from dev/services.yaml."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import emit, say, styled, warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.findings import render_text
from devkit.findings.model import Finding

__all__ = ["emit_diff", "readable_errors", "run", "skipped"]


def run(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if anything is stale.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Render again whenever the table is saved.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace hand-edited and foreign files too.")
    ] = False,
) -> None:
    """Render k8s/dev/, .vscode/, .env.example, the configuration reference and the picture from dev/services.yaml.

    Only files that changed are touched; files that devkit did not write are left alone.
    """
    if check + diff + watch > 1 or (force and (check or diff)):
        message = "choose one of --check, --diff and --watch; --force excludes --check and --diff"
        raise DevkitError(message, exit_code=ExitCode.USAGE)
    root = project_root()
    if check or diff:
        raise typer.Exit(_compare(root, check=check))
    if watch:
        _watch(root, force=force)
    else:
        raise typer.Exit(_generate(root, force=force))


def _compare(root: Path, *, check: bool) -> int:
    from devkit.render.generate import survey
    from devkit.render.writer import diff_text
    from devkit.table.load import read_table

    with readable_errors():
        found = survey(root, read_table(table_file(root), look_around=True))
    emit_diff(diff_text(found.changes))
    if found.notes or found.objections:
        say(render_text(found.notes + found.objections))
    if not check:
        return ExitCode.OK
    if found.changes:
        files = f"{len(found.changes)} file{'s' * (len(found.changes) > 1)}"
        warn(f"{files} out of step with dev/services.yaml", "run ./devkit generate and commit the result")
    return ExitCode.CHECK_FAILED if found.changes or found.notes else ExitCode.OK


def _generate(root: Path, *, force: bool) -> int:
    from devkit.render.generate import apply, survey
    from devkit.render.writer import diff_text
    from devkit.table.load import read_table

    with readable_errors():
        found = survey(root, read_table(table_file(root), look_around=True))
        emit_diff(diff_text([change for change in found.changes if change.finding]))
        written = apply(root, found, force=force)
    if found.notes or (found.objections and not written):
        say(render_text(found.notes + ([] if written else found.objections)))
    if not written:
        warn("nothing was written", "fix the above" + (", or use --force" if found.forcible else ""))
        return ExitCode.CHECK_FAILED
    for change in found.changes:
        emit(f"{change.kind.value:8} {change.path}")
    if found.notes:
        warn(f"{skipped(found.notes)}; all else is up to date", "fix the above")
    elif not found.changes:
        emit("everything is up to date")
    return ExitCode.CHECK_FAILED if found.notes else ExitCode.OK


def _watch(root: Path, *, force: bool) -> None:
    from watchfiles import watch

    table = table_file(root)
    if not table.parent.is_dir():
        raise DevkitError(f"there is no folder {table.parent}", exit_code=ExitCode.USAGE)
    seen = _stamp(table)
    _generate_and_go_on(root, force=force)
    say("watching dev/services.yaml; Ctrl-C ends it")
    # The folder, because editors save by replacing the file. The timeouts, because of what was saved before the watch began.
    changes = watch(
        table.parent,
        watch_filter=lambda _, path: Path(path).name == table.name,
        recursive=False,
        debounce=200,
        rust_timeout=1000,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    for _ in changes:
        if (now := _stamp(table)) != seen:
            seen = now
            _generate_and_go_on(root, force=force)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What differs after a save; None while there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _generate_and_go_on(root: Path, *, force: bool) -> None:
    """A table that is broken for the moment is told about, and watched on."""
    try:
        _generate(root, force=force)
    except DevkitError as error:
        warn(error.message, error.fix)


@contextlib.contextmanager
def readable_errors() -> Iterator[None]:
    """What the disk refuses, as something to fix."""
    try:
        yield
    except OSError as failure:
        fix = "check permissions and free space there"
        raise DevkitError(f"{failure.filename}: {failure.strerror}", fix=fix) from failure


def skipped(notes: Sequence[Finding]) -> str:
    """That files were left alone, and which."""
    files = sorted({note.place.file for note in notes if note.place})
    return f"{', '.join(files)} {'was' if len(files) == 1 else 'were'} skipped"


def emit_diff(text: str) -> None:
    """The diff in the colours that git gives it."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.splitlines():
        colour = colours.get(line[:1])
        emit(styled(line, colour) if colour else line)
