"""A .venv that devkit cannot import from is made anew, once."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import MutableMapping
from importlib.metadata import packages_distributions
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from launcher.causes import is_noexec, no_execution
from launcher.say import fail, say

__all__ = ["REBUILD", "note_rebuild", "repair"]

# Asks the launcher for a new .venv, and says for which module's sake (by hand: 1).
REBUILD = "DEVKIT_REBUILD"
# Tells this very call that it has been answered.
_REBUILT = "DEVKIT_REBUILT"
# In .venv: the module for whose sake it was made anew. It is not made anew for that one again, not by later calls either.
_NOTE = "rebuilt-for"


def note_rebuild(venv: Path, environ: MutableMapping[str, str]) -> None:
    """The launcher has done what was asked for."""
    reason = environ.pop(REBUILD, "")
    environ.pop(_REBUILT, None)
    if reason not in ("", "1"):
        environ[_REBUILT] = reason
        (venv / _NOTE).write_text(reason, "utf-8")


def repair(root: Path, problem: Exception, *, rebuilt: bool) -> NoReturn:
    """Calls the launcher for a new .venv and this command again, or says why that does not help; it does not where this call
    has one already (`rebuilt`).

    Raises `problem` where it has nothing to do with .venv.
    """
    venv = root / ".venv"
    reason = _what_is_broken(root, problem)
    if reason is None:
        raise problem
    if is_noexec(venv):
        fail(*no_execution(venv))
    note = venv / _NOTE
    if rebuilt or (note.is_file() and note.read_text("utf-8") == reason):
        _give_up(root, reason, problem)
    lacks = isinstance(problem, ModuleNotFoundError)
    say(f".venv lacks {reason}; making it anew" if lacks else f".venv is damaged ({problem}); making it anew")
    os.environ[REBUILD] = reason
    os.execv(root / "devkit", ["devkit", *sys.argv[1:]])


def _what_is_broken(root: Path, problem: Exception) -> str | None:
    """The module of .venv that is missing or damaged; None where something else is."""
    venv = f"{root / '.venv'}{os.sep}"
    # The folders that hold devkit itself, from which it is imported.
    own = [
        folder for folder in sys.path if folder.startswith(f"{root}{os.sep}") and not folder.startswith(venv)
    ]
    if isinstance(problem, SyntaxError):  # a file full of zeros, as a power failure leaves it
        file = problem.filename or ""
        return Path(file).stem if file.startswith(venv) else None
    importer = _importer(problem.__traceback__)
    if not importer.startswith((venv, *(f"{folder}{os.sep}" for folder in own))):
        return None  # a command or plugin of the repository
    name = str(getattr(problem, "name", None) or Path(importer).stem)
    return None if any(Path(folder, name.split(".")[0]).exists() for folder in own) else name


def _importer(trace: TracebackType | None) -> str:
    """The file whose import did not work."""
    files = [frame.filename for frame in traceback.extract_tb(trace) if not frame.filename.startswith("<")]
    return files[-1] if files else ""


def _give_up(root: Path, reason: str, problem: Exception) -> NoReturn:
    if isinstance(problem, ModuleNotFoundError) and reason.split(".")[0] not in packages_distributions():
        importer = Path(_importer(problem.__traceback__))
        where = importer.relative_to(root) if importer.is_relative_to(root) else importer
        fail(
            f"{where} imports {reason}, which no lock in requirements/ pins",
            "name its package in requirements/devkit.in, then requirements/lock",
        )
    fail(
        f".venv was made anew for this before, and still: {problem}",
        "look at the disk that it is on; DEVKIT_REBUILD=1 ./devkit --version makes it anew once more",
    )
