"""A table that does not say which folders its services share, although they import from some."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from devkit.findings.model import Finding
from devkit.model import Service
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RULES"]

_SKIPPED = frozenset({"node_modules", "__pycache__"})
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", re.MULTILINE)


def missing_shared(context: RuleContext) -> Iterator[Finding]:
    """Told with the folder and the key; without it the services would end with ModuleNotFoundError."""
    raw: Any = context.data
    if context.root is None or "shared" in raw:
        return
    packages = _packages(context.root, tuple(context.table.services.values()))
    rows = raw["services"]
    for service in context.table.services.values() if packages else ():
        if (
            "shared" not in service.type.keys.takes
            or "shared" in rows[service.name]
            or not _inside(service.code)
        ):
            continue
        needed = {packages[name]: name for name in _imported(context.root / service.code) if name in packages}
        if needed:
            folder, package = sorted(needed.items())[0]
            message = f"`{service.name}` imports `{package}` from {folder}/, which the table does not list as shared"
            fix = f"add `shared: [{', '.join(sorted(needed))}]` above `services:`"
            yield error("missing-shared", message, context.source_map.key("services", service.name), fix)
            return


def _packages(root: Path, services: Sequence[Service]) -> dict[str, str]:
    """Packages and modules in the repository's own folders, by the folder they are in."""
    taken = {service.path.split("/")[0] for service in services if service.path}
    found: dict[str, str] = {}
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name not in taken and not folder.name.startswith("."):
            found |= {init.parent.name: folder.name for init in folder.glob("*/__init__.py")}
    return found


def _imported(folder: Path) -> set[str]:
    """The first words of what the Python files below a folder import, those it has itself left out."""
    names: set[str] = set()
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for file in files:
            if file.endswith(".py"):
                names |= set(_IMPORT.findall(Path(at, file).read_text("utf-8", "replace")))
    return {name for name in names if not (folder / name).exists() and not (folder / f"{name}.py").exists()}


def _inside(folder: str) -> bool:
    """Whether it may be looked into: another rule tells of the rest."""
    return not folder.startswith("/") and ".." not in folder.split("/")


RULES: tuple[Rule, ...] = (missing_shared,)
