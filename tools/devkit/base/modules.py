"""Python files that the repository brings, loaded by their path."""

from __future__ import annotations

import importlib.util
import re
import traceback
from pathlib import Path
from types import ModuleType

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["load_module", "python_files"]

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def python_files(root: Path, folder: str) -> list[Path]:
    """Every `*.py` of a folder of the clone, by name, without those that begin with `_` or a dot."""
    return sorted((root / folder).glob("[!_.]*.py"))


def load_module(root: Path, path: Path, function: str) -> ModuleType:
    """The module in a file of the clone, which has a callable `function` (`run()`; up to the bracket its name).

    Raises DevkitError (exit 2) that names the file, and the line where there is one.
    """
    where = path.relative_to(root).as_posix()
    if not _NAME.fullmatch(path.stem):
        fix = "small letters, digits, dashes and underscores"
        raise DevkitError(f"{where}: {path.stem} cannot be a name", fix=fix, exit_code=ExitCode.USAGE)
    module = _load(path, where)
    if not callable(getattr(module, function.partition("(")[0], None)):
        raise DevkitError(f"{where} has no function {function}", exit_code=ExitCode.USAGE)
    return module


def _load(path: Path, where: str) -> ModuleType:
    name = re.sub(r"\W", "_", where.removesuffix(".py"))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        line = _line(path, problem)
        raise DevkitError(
            f"{where}{f':{line}' if line else ''} cannot be loaded: {problem} ({type(problem).__name__})",
            exit_code=ExitCode.USAGE,
        ) from None
    return module


def _line(path: Path, problem: Exception) -> int | None:
    """Where in the file it went wrong."""
    if isinstance(problem, SyntaxError) and problem.filename == str(path):
        return problem.lineno
    lines = [
        frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path)
    ]
    return lines[-1] if lines else None
