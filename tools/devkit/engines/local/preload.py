"""Which third-party modules the services share: learned from running ones, imported once by the fork server."""

from __future__ import annotations

import collections
import hashlib
import json
from pathlib import Path

from devkit.base.files import replace_file
from devkit.base.paths import INSTALLATION, state_dir
from devkit.engines.events import MIGRATE

__all__ = ["learned_modules", "remember_modules", "report_file"]


def report_file(root: Path, unit: str) -> Path:
    """Where a service notes the modules it had to load itself."""
    folder = state_dir(root) / "preload"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{unit}.txt"


def learned_modules(root: Path) -> list[str]:
    """The modules to preload; empty on a first run, and after the locked requirements changed."""
    try:
        known = json.loads(_known(root).read_text("utf-8"))
        return list(known["modules"]) if known["locks"] == _locks() else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def remember_modules(root: Path) -> bool:
    """Adds what services reported since. Returns whether there was anything new.

    A module that one of several services uses alone is left out: the others would carry it for nothing. What a task
    loads is taken: every start waits for it.
    """
    reports = {
        path.stem: path.read_text("utf-8").split() for path in (state_dir(root) / "preload").glob("*.txt")
    }
    for_tasks = set(reports.pop(MIGRATE, ()))
    counts = collections.Counter(name for names in reports.values() for name in names)
    enough = min(2, len(reports))
    wanted = for_tasks | {name for name, count in counts.items() if count >= enough}
    known = learned_modules(root)
    new = sorted(wanted - set(known))
    if new:
        modules = json.dumps({"locks": _locks(), "modules": [*known, *new]})
        replace_file(_known(root), modules.encode(), mode=0o600)
    return bool(new)


def _known(root: Path) -> Path:
    return state_dir(root) / "preload.json"


def _locks() -> str:
    """Of the packages that services run with, which are devkit's own environment."""
    digest = hashlib.sha256()
    for lock in sorted((INSTALLATION / "requirements").glob("*.txt")):
        digest.update(lock.read_bytes())
    return digest.hexdigest()
