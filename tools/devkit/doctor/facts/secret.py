"""The secrets' file, read once. No value of it is ever shown."""

from __future__ import annotations

from collections.abc import Iterable

from devkit.doctor.machine import Machine
from devkit.doctor.model import NotNeeded, Problem
from devkit.findings.model import Finding
from devkit.secrets import secret_file
from devkit.secrets.file import Document, load_document

__all__ = ["as_problems", "secrets_read"]


def secrets_read(machine: Machine) -> Document:
    """The file. Raises NotNeeded while there is none, DevkitError when it is not readable as a Secret."""
    path = secret_file(machine.root)
    if not path.exists() and not path.is_symlink():
        raise NotNeeded("there are no development secrets yet: up makes them")
    return load_document(machine.root)


def as_problems(findings: Iterable[Finding]) -> list[Problem]:
    """What `devkit secrets check` says, as a check says it."""
    return [
        Problem(each.message, each.mend, severity=each.severity, place=each.place, part=each.id.partition(".")[2])
        for each in findings
    ]  # fmt: skip
