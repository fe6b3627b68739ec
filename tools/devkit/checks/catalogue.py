"""A set of checks as a whole: loaded from a package, and refused when its declarations do not fit together."""

from __future__ import annotations

import difflib
import graphlib
import importlib
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.checks.check import Check

__all__ = ["Package", "refuse_misfits"]

_EARLY = re.compile(r"^@check\(.*\bearly=True", re.MULTILINE)


class Package:
    """The checks of a Python package: one file each, `<group>/<name>.py`, which declares `<group>.<name>`.

    Raises TypeError when it is loaded for a file that declares none, or one of another id.
    """

    def __init__(self, package: ModuleType) -> None:
        self._name = package.__name__
        top = Path(package.__path__[0])
        paths = {_id(path.relative_to(top)): path for path in top.glob("*/[!_]*.py")}
        self._files = {id: paths[id] for id in sorted(paths)}

    def all(self) -> list[Check[Any]]:
        """Every check, by id."""
        return [self._load(id) for id in self._files]

    def early(self, engine: str) -> list[Check[Any]]:
        """Those that say `early=True` and matter to the engine, with what they build on, by id. No other is imported."""
        found: dict[str, Check[Any]] = {}
        waiting = [id for id, path in self._files.items() if _EARLY.search(path.read_text("utf-8"))]
        early = set(waiting)
        while waiting:
            id = waiting.pop()
            if id in self._files and id not in found:
                check = self._load(id)
                if id not in early or check.matters_to(engine):
                    found[id] = check
                    waiting += check.after
        return [found[id] for id in sorted(found)]

    def _load(self, id: str) -> Check[Any]:
        module = importlib.import_module(f"{self._name}.{id.replace('-', '_')}")
        declared = [value for value in vars(module).values() if isinstance(value, Check)]
        matching = [check for check in declared if check.id == id]
        if len(matching) != 1:
            raise TypeError(
                f"{module.__name__} declares {[each.id for each in declared]}, not the one check {id}"
            )
        return matching[0]


def _id(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).replace("_", "-")


def refuse_misfits(checks: Sequence[Check[Any]], engines: Collection[str]) -> None:
    """Raises DevkitError (exit 2) for two checks of one id, an `after` or `engine` that there is not, one that is to look
    at what a serial one changed, and checks that wait for each other."""
    for problem in _misfits(checks, engines):
        raise DevkitError(problem, exit_code=ExitCode.USAGE)


def _misfits(checks: Sequence[Check[Any]], engines: Collection[str]) -> Iterator[str]:
    by_id = {check.id: check for check in checks}
    for check in checks:
        if by_id[check.id] is not check:
            yield f"there are two checks {check.id}"
        for name in check.after:
            if name not in by_id:
                yield f"{check.id} comes after {name}, which is not a check{_near(name, by_id)}"
            elif by_id[name].serial and not check.serial:
                yield f"{check.id} cannot come after {name}, which runs last: it changes something"
        for name in check.engine:
            if name not in engines:
                yield f"{check.id} is for the engine {name}, which there is not{_near(name, engines)}"
    try:
        graphlib.TopologicalSorter({check.id: check.after for check in checks}).prepare()
    except graphlib.CycleError as cycle:
        yield f"these checks wait for each other: {' → '.join(cycle.args[1])}"


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return (
        f"; did you mean {near[0]}?"
        if near
        else f" (there are {', '.join(sorted(known))})"
        if len(known) < 8
        else ""
    )
