"""All of the editor's files in a clone: what they are, and what they would be with ours, or without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from devkit.base.paths import has_launcher
from devkit.findings.model import Finding, Place, Severity
from devkit.model import Table
from devkit.render.editor.extensions import EXTENSIONS_FILE, extensions_file
from devkit.render.editor.jsonc import Broken
from devkit.render.editor.launch import LAUNCH_FILE, launch_file
from devkit.render.editor.merge import merged, stripped
from devkit.render.editor.model import EditorFile
from devkit.render.editor.settings import SETTINGS_FILE, settings_file
from devkit.render.editor.tasks import TASKS_FILE, tasks_file
from devkit.render.examples import topics_here
from devkit.render.writer import Change, ChangeKind, in_the_way

__all__ = ["EDITOR_FILES", "EDITOR_FOLDER", "additions", "merge_file", "removals", "strip_file"]

EDITOR_FOLDER = ".vscode"
EDITOR_FILES = (EXTENSIONS_FILE, LAUNCH_FILE, SETTINGS_FILE, TASKS_FILE)
_Result: TypeAlias = tuple[list[Change], list[Finding]]


def additions(root: Path, table: Table) -> _Result:
    """The changes that bring ours to what the table wants, and the files that are left alone, each with its reason."""
    return _changes(root, _editor_files(root, table), merge_file)


def removals(root: Path) -> _Result:
    """The changes that take ours away again, whatever the table says."""
    return _changes(root, _editor_files(root, Table("", "", "", "", {})), strip_file)


def merge_file(file: EditorFile, existing: bytes | None) -> bytes | Finding | None:
    """The file with ours; a finding, and no change, if it is broken; None for no file."""
    return _guarded(file, lambda: merged(file, existing))


def strip_file(file: EditorFile, existing: bytes | None) -> bytes | Finding | None:
    """The file without ours; a finding, and no change, if it is broken; None for no file."""
    return _guarded(file, lambda: stripped(file, existing) if existing is not None else None)


def _editor_files(root: Path, table: Table) -> list[EditorFile]:
    return [
        extensions_file(table),
        # Committed, so without this machine's folders: where there is no launcher, the one on PATH.
        launch_file(table, "./devkit" if has_launcher(root) else "devkit"),
        settings_file(table),
        tasks_file(table, topics_here(root, table)),
    ]


def _changes(
    root: Path, files: list[EditorFile], make: Callable[[EditorFile, bytes | None], bytes | Finding | None]
) -> _Result:
    changes: list[Change] = []
    notes: list[Finding] = []
    for file in files:
        existing = _read(root, file.path)
        new = existing if isinstance(existing, Finding) else make(file, existing)
        if isinstance(existing, Finding) or isinstance(new, Finding):
            # A file where the folder belongs hinders all of them, and is told of once.
            notes += [new] if isinstance(new, Finding) and new not in notes else []
        elif new != existing:
            kind = (
                ChangeKind.REMOVE
                if new is None
                else ChangeKind.CREATE
                if existing is None
                else ChangeKind.UPDATE
            )
            changes.append(Change(file.path, kind, existing, new))
    return changes, notes


def _read(root: Path, path: str) -> bytes | Finding | None:
    if (hindrance := in_the_way(root, path)) is not None:
        return hindrance
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as failure:
        message = f"cannot be read: {failure.strerror}"
        return Finding("generate.unreadable", Severity.ERROR, message, Place(path), "check its owner")


def _guarded(file: EditorFile, make: Callable[[], bytes | None]) -> bytes | Finding | None:
    try:
        return make()
    except RecursionError:
        broken = Broken("is nested too deeply", 1, 1)
    except Broken as found:
        broken = found
    place = Place(file.path, broken.line, broken.column)
    fix = "fix it, or delete the file and let devkit write a new one"
    return Finding("generate.broken-json", Severity.ERROR, broken.message, place, fix)
