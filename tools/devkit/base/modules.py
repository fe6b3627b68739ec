"""Python files of the repository's own, loaded by their path."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["about", "own_modules"]

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def own_modules(root: Path, folder: str, function: str) -> Iterator[tuple[str, ModuleType]]:
    """Every `*.py` of a folder of the clone, by name: its name and the module, which has a callable `function`.

    Raises: DevkitError (exit 2) for a file that has none, cannot be loaded, or whose name is no name.
    """
    for path in sorted((root / folder).glob("[!_.]*.py")):
        where = f"{folder}/{path.name}"
        if not _NAME.fullmatch(path.stem):
            hint = "small letters, digits, dashes and underscores"
            raise DevkitError(f"{where}: {path.stem} cannot be a name", hint=hint, exit_code=ExitCode.USAGE)
        module = _load(path, where)
        if not callable(getattr(module, function.partition("(")[0], None)):
            raise DevkitError(f"{where} has no function {function}", exit_code=ExitCode.USAGE)
        yield path.stem, module


def about(module: ModuleType) -> str:
    """The first line of a module's docstring, without its full stop."""
    return (module.__doc__ or "a check of this repository").strip().splitlines()[0].rstrip(".")


def _load(path: Path, where: str) -> ModuleType:
    name = re.sub(r"\W", "_", where.removesuffix(".py"))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        raise DevkitError(
            f"{where} cannot be loaded: {problem} ({type(problem).__name__})", exit_code=ExitCode.USAGE
        ) from None
    return module
