"""What such a command is about to do, as data; then done, or undone when the disk refuses."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import table_file
from devkit.findings.model import Severity
from devkit.model import Table
from devkit.render.generate import apply, survey
from devkit.table.load import parse_table, read_table

__all__ = ["Change", "checked_table", "read_text"]

_FILE = "dev/services.yaml"


@dataclass
class Change:
    """`table` is the table's new text. `files` are written: new ones where `created`, else changed. `moves` go before
    them, `deleted` (files and folders) after them. Paths are relative to the clone, with `/`. `notes` tell what is left to
    do by hand."""

    table: str
    files: dict[str, bytes] = field(default_factory=dict)
    created: bool = False
    moves: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self, root: Path) -> list[str]:
        """Does it, and renders what follows from the table. Returns a line for each thing that changed.

        Raises DevkitError, with everything as it was, when a file is in the way or the disk refuses.
        """
        table = checked_table(self.table)
        self._refuse_what_is_there(root)
        done: list[str] = []
        undo = contextlib.ExitStack()
        before = table_file(root).read_bytes()
        try:
            for old, new in self.moves:
                (root / new).parent.mkdir(parents=True, exist_ok=True)
                (root / old).rename(root / new)
                undo.callback((root / new).rename, root / old)
                done.append(f"moved    {old} → {new}")
            for path, content in self.files.items():
                _write(root, path, content, undo)
                done.append(f"{'created ' if self.created else 'changed '} {path}")
            replace_file(table_file(root), self.table.encode())
            undo.callback(replace_file, table_file(root), before)
            done.append(f"changed  {_FILE}")
            found = survey(root, table)
            if not apply(root, found):
                blocked = found.objections[0]
                raise DevkitError(f"{blocked.place}: {blocked.message}", fix=blocked.fix)
            done += [f"{change.kind.value:8} {change.path}" for change in found.changes]
        except BaseException as problem:
            undo.close()
            if isinstance(problem, OSError):
                message = f"{problem.filename}: {problem.strerror}; nothing was changed"
                raise DevkitError(message, fix="check permissions and free space there") from None
            raise
        for path in self.deleted:
            _delete(root / path)
            done.append(f"removed  {path}")
        return done

    def _refuse_what_is_there(self, root: Path) -> None:
        targets = [new for _, new in self.moves] + (list(self.files) if self.created else [])
        if there := [path for path in targets if (root / path).exists()]:
            raise DevkitError(
                f"{there[0]} is there already",
                fix="choose another name, or move it away",
                exit_code=ExitCode.USAGE,
            )


def _write(root: Path, path: str, content: bytes, undo: contextlib.ExitStack) -> None:
    target = root / path
    if target.exists():
        undo.callback(replace_file, target, target.read_bytes())
    else:
        missing = [folder for folder in target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            undo.callback(folder.rmdir)
        undo.callback(target.unlink, missing_ok=True)
    replace_file(target, content)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def checked_table(text: str) -> Table:
    """The table that a text says. Raises DevkitError (exit 2) with what is wrong with it."""
    table, findings = parse_table(text, _FILE)
    if table is None:
        first = next(finding for finding in findings if finding.severity is Severity.ERROR)
        raise DevkitError(first.message, fix=first.fix, exit_code=ExitCode.USAGE)
    return table


def read_text(root: Path) -> tuple[str, Table]:
    """The table's text and what it says. Raises DevkitError (exit 2) for one that has mistakes already."""
    table = read_table(table_file(root))
    return table_file(root).read_text("utf-8"), table
