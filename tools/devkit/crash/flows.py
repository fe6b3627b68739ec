"""Flows that can be begun and left alone: `dev/crash/<name>.py` of the repository."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.modules import load_module, python_files
from devkit.checks.check import first_line
from devkit.verify.project import Platform

__all__ = ["FOLDER", "CrashFlow", "chosen_flow"]

FOLDER = "dev/crash"


@dataclass(frozen=True)
class CrashFlow:
    """`begin(platform, number)` has somebody outside begin one, who tries again as that somebody does, and returns how
    `devkit why` calls what it is about. `number` is another one each time. `ledger(platform, name)` is what others have of it
    by now: what → how often. `overtaken` (OVERTAKEN in the file): steps of the journal that are
    left out where what follows them is heard of first → how many must be there all the same."""

    name: str
    about: str
    begin: Callable[[Platform, int], str]
    ledger: Callable[[Platform, str], Mapping[str, Any]]
    overtaken: Mapping[str, int]


def chosen_flow(root: Path, name: str | None) -> CrashFlow:
    """The flow of that name, or the only one.

    Raises DevkitError (exit 2) when there is none, no such one, or several to choose from.
    """
    files = {path.stem: path for path in python_files(root, FOLDER)}
    if not files:
        raise DevkitError(
            f"there is no flow in {FOLDER}/",
            fix=f"write one: {FOLDER}/order.py with begin(platform, number) and ledger(platform, name) (docs/crash.md)",
            exit_code=ExitCode.USAGE,
        )
    if name is None and len(files) == 1:
        name = next(iter(files))
    if name not in files:
        near = difflib.get_close_matches(name or "", files, 1)
        raise DevkitError(
            "which flow?" if name is None else f"no flow {name!r} in {FOLDER}/",
            fix=f"did you mean {near[0]}?" if near else f"there are {', '.join(files)}",
            exit_code=ExitCode.USAGE,
        )
    module = load_module(root, files[name], "begin(platform, number)")
    ledger = getattr(module, "ledger", None)
    if not callable(ledger):
        raise DevkitError(
            f"{FOLDER}/{name}.py has no function ledger(platform, name)", exit_code=ExitCode.USAGE
        )
    overtaken = getattr(module, "OVERTAKEN", {})
    if not isinstance(overtaken, Mapping) or not all(isinstance(least, int) for least in overtaken.values()):
        raise DevkitError(
            f"{FOLDER}/{name}.py: OVERTAKEN is words of the journal → how many there must be, not {overtaken!r}",
            exit_code=ExitCode.USAGE,
        )
    return CrashFlow(name, first_line(module.__doc__) or name, module.begin, ledger, dict(overtaken))
