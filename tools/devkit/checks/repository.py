"""Checks that the repository brings: one Python file each, loaded by its path, declared by constants.

The file's docstring says what is true when it passes, its function does the check, and constants in capitals declare the
rest: `AFTER = ("docker.running",)`. A constant that is only nearly one of these is refused, never ignored.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.modules import load_module, python_files
from devkit.checks.check import Check, first_line

__all__ = ["RepositoryCheck", "repository_checks"]

_SAME = 0.74  # how alike two names are of which one is a slip: AFTR and AFTER, not LIMIT and SERIAL


@dataclass(frozen=True)
class RepositoryCheck:
    """A file as it was read: its name without `.py`, what is true when it passes, its function, and what its constants
    declare."""

    name: str
    where: str
    about: str
    run: Callable[..., Any]
    declared: Mapping[str, Any]

    def check(self, id: str, run: Callable[[Any], str], **fields: Any) -> Check[Any]:
        """The check that the file declares. Raises DevkitError (exit 2) for an invalid declaration."""
        try:
            return Check(id=id, about=self.about, run=run, **fields)
        except (TypeError, ValueError) as problem:
            said = str(problem).removeprefix(f"{id}: ")
            raise _refusal(f"{self.where}: {said}") from None


def repository_checks(
    root: Path, folder: str, argument: str, declarations: tuple[str, ...]
) -> Iterator[RepositoryCheck]:
    """Every `*.py` of a folder of the clone, by name. Each has a function `check(argument)`; `declarations` are the
    constants that it may set.

    Raises DevkitError (exit 2) for a file that has no such function, cannot be loaded, whose name is not a name, or with a
    constant that only looks like one of `declarations`.
    """
    for path in python_files(root, folder):
        where = f"{folder}/{path.name}"
        module = load_module(root, path, f"check({argument})")
        run: Callable[..., Any] = module.check
        _refuse_slips(path, where, declarations)
        declared = {name: getattr(module, name) for name in declarations if hasattr(module, name)}
        about = first_line(module.__doc__) or "a check of this repository"
        yield RepositoryCheck(path.stem, where, about, run, declared)


def _refuse_slips(path: Path, where: str, declarations: tuple[str, ...]) -> None:
    """A constant that nothing in the file reads, and whose name is nearly a declaration's, is one that was misspelt."""
    tree = ast.parse(path.read_text("utf-8"))
    read = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for statement in tree.body:
        for name, line in _assigned(statement):
            if name in declarations or name in read:
                continue
            if near := difflib.get_close_matches(name.upper(), declarations, 1, _SAME):
                known = ", ".join(declarations)
                raise _refusal(
                    f"{where}:{line}: {name} is not a declaration; did you mean {near[0]}?",
                    f"there are {known}",
                )


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id, statement.lineno


def _refusal(message: str, fix: str | None = None) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.USAGE)
