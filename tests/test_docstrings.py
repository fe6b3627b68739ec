"""A public function that raises says so in its docstring: `Raises DevkitError (exit 2) when …`, in the same words everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.platform import ROOT

# Their docstrings are shown to users (help, `--list`, OpenAPI), and how they fail is the same for all of them.
_SHOWN = ("tools/devkit/commands/", "tools/devkit/doctor/checks/")


def functions(node: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public functions and methods with a docstring; without one they are another class's, which has it."""
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from functions(child)
        elif (
            isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            and not child.name.startswith("_")
            and ast.get_docstring(child)
        ):
            yield child


class Raised(ast.NodeVisitor):
    """What a function's own body raises, `raise` alone and `NotImplementedError` aside."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.found: list[int] = []
        for statement in function.body:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Not those inside it."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Nor these."""

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None and "NotImplementedError" not in ast.unparse(node.exc):
            self.found.append(node.lineno)


def silent(source: str) -> list[str]:
    """The names of those that raise and do not say so."""
    return [
        each.name
        for each in functions(ast.parse(source))
        if Raised(each).found and "Raises" not in str(ast.get_docstring(each)).split()
    ]


def test_what_raises_says_so() -> None:
    missing = [
        f"{path}: {name}"
        for folder in ("tools", "libs")
        for file in Path(ROOT, folder).rglob("*.py")
        if not (path := file.relative_to(ROOT).as_posix()).startswith(_SHOWN)
        for name in silent(file.read_text("utf-8"))
    ]
    assert missing == []


def test_it_would_be_noticed() -> None:
    body = "    if sold:\n        raise ValueError(sold)\n"
    assert silent(f'def order(sold):\n    """Orders."""\n{body}') == ["order"]
    assert silent(f'def order(sold):\n    """Orders. Raises ValueError when sold."""\n{body}') == []
    assert silent(
        'class Shop:\n    def order(self, sold):\n        """Orders."""\n        raise ValueError\n'
    ) == ["order"]
    assert silent(f"def _order(sold):\n{body}") == []
