"""What follows from the table, compared with the clone."""

from __future__ import annotations

from typing import Any

from devkit.checks import Problem
from devkit.doctor.facts.findings import written
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.render.editor.files import EDITOR_FILES
from devkit.render.generate import survey

__all__ = ["generated"]


def generated(machine: Machine) -> dict[str, Any]:
    """What `generate` would change: paths with what would happen to them (`stale`; the editor's files in `editor`), and the
    findings that forbid it (`objections`) or only tell (`notes`). A check that uses it comes after project.table.

    Raises Problem."""
    return _generated(machine)


@observed("generated files")
def _generated(machine: Machine) -> dict[str, Json]:
    try:
        found = survey(machine.root, machine.fact(table))
    except OSError as failure:
        what = f"{failure.filename}: {failure.strerror}" if failure.filename else str(failure)
        raise Problem(
            f"what follows from the table cannot be compared: {what}", "check who may read there"
        ) from None
    plain = [change for change in found.changes if change.path not in EDITOR_FILES]
    return {
        "stale": [f"{change.path} ({change.kind.value})" for change in plain if change.finding is None],
        "editor": [change.path for change in found.changes if change.path in EDITOR_FILES],
        "objections": written(found.objections),
        "notes": written(found.notes),
    }
