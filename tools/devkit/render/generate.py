"""What `devkit generate` does, from the table in a clone to the files in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devkit.findings.model import Finding
from devkit.model import Table
from devkit.render.artefacts import owned_folders, render
from devkit.render.editor.files import EDITOR_FOLDER, additions, removals
from devkit.render.writer import Change, compare, write

__all__ = ["Survey", "apply", "survey", "survey_editor"]

_NEVER_FORCED = ("generate.in-the-way", "generate.unreadable")


@dataclass(frozen=True)
class Survey:
    """What in a clone is out of step with the table.

    `notes` tell of files that were left alone and hinder nothing else; `objections` forbid every change
    until they are fixed or, where `forcible`, overruled. `folders` are those that rendered files are in.
    """

    changes: list[Change]
    notes: list[Finding]
    folders: tuple[str, ...] = ()

    @property
    def objections(self) -> list[Finding]:
        """Why nothing may be written as things stand."""
        return [change.finding for change in self.changes if change.finding]

    @property
    def forcible(self) -> bool:
        """Whether force may overrule the objections."""
        return not any(finding.id in _NEVER_FORCED for finding in self.objections)


def survey(root: Path, table: Table) -> Survey:
    """Compare everything that follows from the table with the clone at `root`. Writes nothing."""
    folders = owned_folders(table)
    changes = compare(root, render(table), folders)
    # An editor's file that cannot be ours in part is left alone, and hinders nothing else.
    more, notes = additions(root, table)
    return Survey(sorted([*changes, *more], key=lambda change: change.path), notes, folders)


def survey_editor(root: Path, table: Table | None) -> Survey:
    """The same for the editor's files alone; without a table, what takes ours away."""
    changes, notes = additions(root, table) if table is not None else removals(root)
    return Survey(changes, notes)


def apply(root: Path, found: Survey, *, force: bool = False) -> bool:
    """Write the changes unless something forbids it; says whether it did.

    Raises OSError naming the file that could not be written.
    """
    if found.objections and not (force and found.forcible):
        return False
    write(root, found.changes, (*found.folders, EDITOR_FOLDER))
    return True
