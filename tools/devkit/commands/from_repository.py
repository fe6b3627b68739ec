"""Commands that the repository brings: `dev/commands/<name>.py`, each with a function `run`.

They are listed without being imported, so that none costs another command time, and none that is broken stops one.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import typer

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.modules import load_module, python_files
from devkit.commands.lazy import single_command
from devkit.commands.repository import Repository
from devkit.commands.spread import with_parameters

__all__ = ["FOLDER", "listed_commands", "repository_command", "repository_command_names"]

FOLDER = "dev/commands"
_FUNCTION = "run"


def repository_command_names(root: Path, taken: Collection[str]) -> list[str]:
    """The names that can be called; those of devkit's own commands (`taken`) cannot."""
    return [path.stem for path in python_files(root, FOLDER) if path.stem not in taken]


def listed_commands(root: Path, taken: Collection[str]) -> list[tuple[str, str]]:
    """Each name and the first line of its help, or what is wrong with its file."""
    return [(path.stem, _about(root, path, taken)) for path in python_files(root, FOLDER)]


def _about(root: Path, path: Path, taken: Collection[str]) -> str:
    where = path.relative_to(root).as_posix()
    if path.stem in taken:
        return f"cannot be called: devkit has a command of that name; rename {where}"
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as problem:
        return f"broken: {where}:{problem.lineno}: {problem.msg}"
    except (OSError, ValueError) as problem:
        return f"broken: {where}: {problem}"
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == _FUNCTION]
    said = (ast.get_docstring(functions[-1]) if functions else None) or ast.get_docstring(tree)
    return said.splitlines()[0].rstrip(".") if said else f"({where} has no docstring)"


def repository_command(root: Path, name: str) -> Any:
    """The command of that name, None when there is no such file.

    Raises DevkitError (exit 2) that names the file, and the line where there is one, when it cannot be a command.
    """
    path = next((path for path in python_files(root, FOLDER) if path.stem == name), None)
    if path is None:
        return None
    where = path.relative_to(root).as_posix()
    module = load_module(root, path, f"{_FUNCTION}()")
    function: Callable[..., Any] = getattr(module, _FUNCTION)
    try:
        made: Any = single_command(name, _called_with(function, Repository(root), module.__doc__))
    except Exception as problem:  # Typer refuses in many ways
        code = getattr(function, "__code__", None)
        at = f":{code.co_firstlineno}" if code else ""
        raise DevkitError(
            f"{where}{at} cannot be a command: {problem}",
            fix="annotate each parameter as Typer wants it: Annotated[str, typer.Argument(help=…)]",
            exit_code=ExitCode.USAGE,
        ) from None
    return made


def _called_with(
    function: Callable[..., Any], repository: Repository, about: str | None
) -> Callable[..., Any]:
    """The function with its parameters of type `Repository` given, the rest for the command line."""
    # A file may import the name for its type checker alone.
    signature = inspect.signature(function, eval_str=True, locals={Repository.__name__: Repository})
    parameters = signature.parameters.values()
    given = {parameter.name: repository for parameter in parameters if parameter.annotation is Repository}
    left = [parameter for parameter in parameters if parameter.name not in given]
    if bare := [p.name for p in left if p.annotation is p.empty]:
        raise typer.BadParameter(f"the parameter {bare[0]!r} has no type")

    def command(**values: Any) -> Any:
        return function(**given, **values)

    return with_parameters(command, left, function.__doc__ or about)
