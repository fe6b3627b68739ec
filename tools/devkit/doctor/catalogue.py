"""Which checks there are, devkit's and the repository's, and which of them are wanted."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from devkit.base.modules import about, own_modules
from devkit.doctor import checks as built_in
from devkit.doctor.model import Check
from devkit.findings.selection import fits, select

__all__ = ["FOLDER", "all_checks", "chosen", "early_checks"]

FOLDER = "dev/checks"
OWN_GROUP = "dev"
_EARLY = re.compile(r"^EARLY = True$", re.MULTILINE)


def all_checks(root: Path) -> list[Check]:
    """devkit's checks, then the repository's (`dev/checks/NAME.py` is `dev.NAME`), each by id.

    Raises: DevkitError (exit 2) for a file of the repository that is no check.
    """
    return [*_built_in(), *_own(root)]


def early_checks(engine: str) -> list[Check]:
    """What `up` asks before it starts anything, with what that builds on.

    The others are not imported: with them come a Kubernetes client and a template engine, and a fifth of a second.
    """
    files = _files()
    found: dict[str, Check] = {}
    waiting = [id for id, path in files.items() if _EARLY.search(path.read_text("utf-8"))]
    early = set(waiting)
    while waiting:
        id = waiting.pop()
        if id in files and id not in found:
            check = _load(id)
            if id not in early or check.engine in (None, engine):
                found[id] = check
                waiting += check.after
    return [found[id] for id in sorted(found)]


def _built_in() -> list[Check]:
    return [_load(id) for id in _files()]


def _files() -> dict[str, Path]:
    """devkit's own checks by id, in order."""
    top = Path(built_in.__path__[0])
    paths = {_id(path.relative_to(top)): path for path in top.glob("*/[!_]*.py")}
    return {id: paths[id] for id in sorted(paths)}


def _id(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).replace("_", "-")


def _load(id: str) -> Check:
    return _check(id, importlib.import_module(f"{built_in.__name__}.{id.replace('-', '_')}"))


def _own(root: Path) -> list[Check]:
    modules = own_modules(root, FOLDER, "check(machine)")
    return [_check(f"{OWN_GROUP}.{name.replace('_', '-')}", module) for name, module in modules]


def _check(id: str, module: ModuleType) -> Check:
    return Check(
        id=id,
        about=about(module),
        run=module.check,
        after=tuple(getattr(module, "AFTER", ())),
        engine=getattr(module, "ENGINE", None),
        deadline=float(getattr(module, "DEADLINE", 5.0)),
        early=bool(getattr(module, "EARLY", False)),
    )


def chosen(checks: Sequence[Check], only: Sequence[str], skip: Sequence[str]) -> tuple[list[Check], set[str]]:
    """The wanted checks together with what they build on, in order, and the ids of the wanted ones alone.

    Raises DevkitError (exit 2) for a name that fits no check.
    """
    wanted = set(select([check.id for check in checks], only, skip, "doctor"))
    possible = [check for check in checks if not any(fits(check.id, name) for name in skip)]
    return _with_what_they_need(possible, [check for check in checks if check.id in wanted]), wanted


def _with_what_they_need(known: Sequence[Check], wanted: Iterable[Check]) -> list[Check]:
    by_id = {check.id: check for check in known}
    needed: set[str] = set()
    waiting = [check.id for check in wanted]
    while waiting:
        id = waiting.pop()
        if id in by_id and id not in needed:
            needed.add(id)
            waiting += by_id[id].after
    return [check for check in known if check.id in needed]
