"""What `devkit generate` does, from the table in a clone to the files in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devkit.findings.model import Finding
from devkit.render.artefacts import OWNED_FOLDERS, render
from devkit.render.launch import LAUNCH_FILE, merge_launch
from devkit.render.writer import Change, compare, write
from devkit.table.model import Table

__all__ = ["Survey", "apply", "survey"]

_NEVER_FORCED = ("generate.in-the-way", "generate.unreadable")


@dataclass(frozen=True)
class Survey:
    """What in a clone is out of step with the table.

    `notes` tell of files that were left alone and hinder nothing else; `objections` forbid every change
    until they are mended or, where `forcible`, overruled.
    """

    changes: list[Change]
    notes: list[Finding]

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
    files = render(table)
    launch = root / LAUNCH_FILE
    merged = merge_launch(table, launch.read_bytes() if launch.is_file() else None)
    if isinstance(merged, bytes):
        files[LAUNCH_FILE] = merged
    changes = compare(root, files, OWNED_FOLDERS, frozenset({LAUNCH_FILE}))
    notes = [merged] if isinstance(merged, Finding) else []
    # An editor's file that cannot be ours in part is left alone, and hinders nothing else.
    notes += [change.finding for change in changes if change.path == LAUNCH_FILE and change.finding]
    return Survey([c for c in changes if not (c.path == LAUNCH_FILE and c.finding)], notes)


def apply(root: Path, found: Survey, *, force: bool = False) -> bool:
    """Write the changes unless something forbids it; says whether it did.

    Raises: OSError naming the file that could not be written.
    """
    if found.objections and not (force and found.forcible):
        return False
    write(root, found.changes, (*OWNED_FOLDERS, ".vscode"))
    return True
