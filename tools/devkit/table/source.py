"""The table's text, as it lies on the disk."""

from __future__ import annotations

from pathlib import Path

from devkit.findings.model import Finding
from devkit.table.source_map import error
from devkit.yaml_text import source

__all__ = ["read_source"]

_MISSING = "run the ./devkit of a clone that has one; if it was deleted here, `git restore` brings it back"


def read_source(path: Path, shown: str) -> str | Finding:
    """The file's text without a byte order mark, or the one reason why it cannot be read."""
    return source.read_source(path, shown, error, "a service table", _MISSING)
