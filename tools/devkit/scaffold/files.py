"""The files that belong to a service, and the code that speaks of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from devkit.model import Service, Table
from devkit.render.marker import Owner, owner_of

__all__ = ["code_of", "mentions_in_code", "replaced_names", "text_files", "uncommitted"]

_SKIPPED = frozenset({"node_modules", "__pycache__", ".venv", "dist", "build"})
_LARGEST = 1 << 20
_SEARCHED = ("dev", "docs", "tests", "tilt_config.json")
_TABLE = "dev/services.yaml"
# Lines that are named of one file.
_SHOWN = 8


def code_of(root: Path, table: Table, service: Service) -> list[str]:
    """The service's folder, unless another service's code is in it too, and the test that is named after it; only what is
    there."""
    found = sorted((root / "tests").rglob(f"test_{service.module}.py"))
    if service.path and not any(_share(service, other) for other in table.services.values()):
        found.insert(0, root / service.path)
    return [path.relative_to(root).as_posix() for path in found if path.exists()]


def _share(service: Service, other: Service) -> bool:
    if other.name == service.name or not service.path or not other.path:
        return False
    one, two = PurePosixPath(service.path), PurePosixPath(other.path)
    return one.is_relative_to(two) or two.is_relative_to(one)


def text_files(folder: Path) -> Iterator[Path]:
    """Every file below a folder (or the file itself) that is text, without packages and what is built."""
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    for path in paths:
        if _SKIPPED & set(path.relative_to(folder).parts) or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size <= _LARGEST and b"\0" not in path.read_bytes():
            yield path


def replaced_names(content: bytes, names: Sequence[tuple[str, str]]) -> bytes:
    """With each old name as a whole word replaced; `stock` is not part of `stock-service` or `restock`."""
    for old, new in names:
        content = re.sub(rb"(?<![\w-])" + re.escape(old.encode()) + rb"(?![\w-])", new.encode(), content)
    return content


def mentions_in_code(
    root: Path, table: Table, words: Sequence[str], without: Collection[str] = ()
) -> list[str]:
    """Where code, tests and docs outside `without` have one of the words: `apps/stock/src/stock/api.py: 12, 25`.
    Rendered files are left out: they follow from the table."""
    found: list[str] = []
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in words), re.IGNORECASE)
    apart = [root / path for path in (*without, _TABLE)]
    services = table.services.values()
    folders = [service.path.split("/")[0] for service in services if service.path] + [*table.shared]
    for folder in sorted(dict.fromkeys([*folders, *_SEARCHED])):
        for path in text_files(root / folder):
            relative, content = path.relative_to(root).as_posix(), path.read_bytes()
            if (
                any(path.is_relative_to(each) for each in apart)
                or owner_of(relative, content) is Owner.DEVKIT
            ):
                continue
            lines = content.decode("utf-8", "replace").splitlines()
            if hits := [str(number) for number, line in enumerate(lines, 1) if pattern.search(line)]:
                more = ", …" if len(hits) > _SHOWN else ""
                found.append(f"{relative}: {', '.join(hits[:_SHOWN])}{more}")
    return found


def uncommitted(root: Path, paths: Sequence[str]) -> list[str]:
    """Files below the paths whose content git does not have; all of them outside a repository."""
    if not paths:
        return []
    command = ["git", "status", "--porcelain", "-z", "--untracked-files=all", "--", *paths]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        done = None
    if done is None or done.returncode:
        return [path.relative_to(root).as_posix() for each in paths for path in text_files(root / each)]
    return [entry[3:] for entry in done.stdout.split("\0") if entry]
