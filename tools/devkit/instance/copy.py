"""A repository copied, so that whatever a service writes beside its code does not land in the developer's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from devkit.base.paths import STATE_FOLDER, table_file
from devkit.model import Table
from devkit.secrets import secret_file

__all__ = ["copy_repository"]

# What is made from sources or brought by tools, and large.
_PASSED_OVER = {
    ".git", STATE_FOLDER, ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", "dist", "coverage",
}  # fmt: skip


def copy_repository(root: Path, table: Table, target: Path) -> None:
    """Copies what services run from: the folders that the table names, what lies beside the table, and the files of the
    repository's own folder. The developer's secrets stay where they are. Raises OSError."""
    folders = {table_file(root).parent.relative_to(root).as_posix()}
    for service in table.services.values():
        folders |= {
            folder for folder in (service.path, *service.shared, service.migrations, service.seed) if folder
        }
    folders |= set(table.shared)
    target.mkdir(mode=0o700, parents=True)
    for entry in sorted(root.iterdir()):
        # `.git` is a file in a worktree: git would take the copy for it.
        if entry.is_file() and not entry.is_symlink() and entry.name not in _PASSED_OVER:
            shutil.copy2(entry, target / entry.name)
    for folder in sorted(folders):
        source, there = root / folder, target / folder
        if source.is_dir() and not any(Path(folder).is_relative_to(other) for other in folders - {folder}):
            shutil.copytree(source, there, symlinks=True, ignore=_ignoring(root), dirs_exist_ok=True)


def _ignoring(root: Path) -> Callable[[str, list[str]], set[str]]:
    secret = secret_file(root)

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {
            name
            for name in names
            if name in _PASSED_OVER or Path(folder) / name == secret or _is_special(folder, name)
        }

    return ignored


def _is_special(folder: str, name: str) -> bool:
    """Sockets and pipes, which nobody can copy."""
    path = os.path.join(folder, name)  # noqa: PTH118 - as copytree gives it
    return not (os.path.islink(path) or os.path.isdir(path) or os.path.isfile(path))  # noqa: PTH112, PTH113, PTH114
