"""The comments of the services' code that allow state."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator
from pathlib import Path

from devkit.checks.allows import Allow, python_comments
from devkit.model import Table
from devkit.state.model import ALLOWS

__all__ = ["allows_in"]

_PASSED_OVER = {"tests", "test", "node_modules", "__pycache__"}


def allows_in(root: Path, table: Table, services: list[str]) -> list[Allow]:
    """In the Python files of these services and of what they share."""
    folders = {
        str(folder)
        for name in services
        for folder in (table.services[name].path, *table.services[name].shared)
    }
    found: list[Allow] = []
    for file in sorted({file for folder in folders for file in _files(root / folder)}):
        path = file.relative_to(root).as_posix()
        try:
            text = file.read_text("utf-8")
            if ALLOWS.word in text:
                found += ALLOWS.read(path, python_comments(text), text.splitlines())
        except (OSError, UnicodeDecodeError, SyntaxError, tokenize.TokenError):
            continue  # it is not run either
    return found


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.py"):
        if not _PASSED_OVER & set(path.relative_to(folder).parts):
            yield path
