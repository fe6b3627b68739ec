"""The secrets' file, read once. No value of it is ever shown."""

from __future__ import annotations

from devkit.checks import Skipped
from devkit.doctor.machine import Machine
from devkit.secrets import secret_file
from devkit.secrets.file import Document, load_document

__all__ = ["secrets_read"]


def secrets_read(machine: Machine) -> Document:
    """The file. Raises Skipped while there is none, DevkitError when it is not readable as a Secret."""
    path = secret_file(machine.root)
    if not path.exists() and not path.is_symlink():
        raise Skipped("there are no development secrets yet: up makes them")
    return load_document(machine.root)
