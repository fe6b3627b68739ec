"""The secrets' file, read once: which keys it has and what is wrong with it. No value of it is kept."""

from __future__ import annotations

from typing import Any

from devkit.checks import Skipped
from devkit.doctor.facts.findings import written
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.secrets import secret_file
from devkit.secrets.file import load_document
from devkit.secrets.inspect import absent_keys, doubtful_values, unknown_keys

__all__ = ["ON", "SKIP_VERIFICATION", "secrets_read"]

SKIP_VERIFICATION = "WEBHOOK_SKIP_VERIFICATION"
ON = ("1", "true", "yes", "on", "t", "y")


def secrets_read(machine: Machine) -> dict[str, Any]:
    """The file: `keys`, findings (`absent`, `unknown`, `doubtful`), and `skips`, the line that switches WEBHOOK_SKIP_VERIFICATION
    on, if one does. A check that uses it comes after project.table.

    Raises Skipped while there is none, DevkitError when it is not readable as a Secret."""
    return _secrets(machine)


@observed("secrets")
def _secrets(machine: Machine) -> dict[str, Json]:
    path = secret_file(machine.root)
    if not path.exists() and not path.is_symlink():
        raise Skipped("there are no development secrets yet: up makes them")
    known, document = machine.fact(table), load_document(machine.root)
    value = document.values.get(SKIP_VERIFICATION, "").strip().lower()
    return {
        "keys": len(document.values),
        "absent": written(absent_keys(known, document)),
        "unknown": written(unknown_keys(known, document)),
        "doubtful": written(doubtful_values(known, document)),
        "skips": document.lines.get(SKIP_VERIFICATION, 0) if value in ON else None,
    }
