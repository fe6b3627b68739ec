"""Where the names of a Python file are defined, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["Definitions", "definitions"]

_DEFAULT = "({})"


class Definitions:
    """Line by name: `STORE`, `Class`, `Class.attribute` (also where a method sets it), `function`, `function.variable`, and
    `function(argument)` for an argument with a default. The first definition counts."""

    def __init__(self, tree: ast.Module) -> None:
        self.lines: dict[str, int] = {}
        self.imported: set[str] = set()
        """What a module has from others; `*` for all that one of them has."""
        self._body(tree.body, "", "")

    def line(self, name: str) -> int:
        """0 for a name that is not defined here."""
        return self.lines.get(name, 0)

    def _define(self, name: str, line: int) -> None:
        self.lines.setdefault(name, line)

    def _body(self, statements: list[ast.stmt], prefix: str, owner: str) -> None:
        """`prefix` is put before names that are set here; `owner` is the class whose method this is."""
        for statement in statements:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(statement, prefix)
            elif isinstance(statement, ast.ClassDef):
                self._define(prefix + statement.name, statement.lineno)
                self._body(statement.body, f"{prefix}{statement.name}.", "")
            else:
                self._statement(statement, prefix, owner)

    def _function(self, function: ast.FunctionDef | ast.AsyncFunctionDef, prefix: str) -> None:
        name = prefix + function.name
        self._define(name, function.lineno)
        given = function.args
        positional = [*given.posonlyargs, *given.args]
        with_default = positional[len(positional) - len(given.defaults) :]
        for argument, default in [
            *zip(with_default, given.defaults, strict=True),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]:
            if default is not None:
                self._define(name + _DEFAULT.format(argument.arg), default.lineno)
        for argument in [*positional, *given.kwonlyargs]:
            self._define(f"{name}.{argument.arg}", argument.lineno)
        this = positional[0].arg if positional and prefix.endswith(".") else ""
        self._body(function.body, f"{name}.", f"{this}={prefix}" if this else "")

    def _statement(self, statement: ast.stmt, prefix: str, owner: str) -> None:
        for node in ast.iter_child_nodes(statement):
            if isinstance(node, ast.stmt):
                self._body([node], prefix, owner)
            elif isinstance(node, ast.ExceptHandler | ast.match_case):
                self._body(node.body, prefix, owner)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.imported |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        if isinstance(statement, ast.Global):
            for name in statement.names:  # set here, unless the module itself does
                self._global(name, statement.lineno)
        this, _, cls = owner.partition("=")
        for target in _targets(statement):
            if isinstance(target, ast.Name):
                self._define(prefix + target.id, target.lineno)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                if this and target.value.id == this:
                    self._define(cls + target.attr, target.lineno)
                self._define(f"{target.value.id}.{target.attr}", target.lineno)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Attribute):
                self._define(f"{target.value.attr}.{target.attr}", target.lineno)

    def _global(self, name: str, line: int) -> None:
        self.lines.setdefault(f"global {name}", line)


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    found: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        found = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        found = [statement.target]
    elif isinstance(statement, ast.With | ast.AsyncWith):
        found = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    for target in found:
        if isinstance(target, ast.Tuple | ast.List):
            yield from target.elts
        else:
            yield target


@cache
def definitions(file: str) -> Definitions:
    """Of a file; none where it cannot be read as Python."""
    try:
        return Definitions(ast.parse(Path(file).read_text("utf-8")))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return Definitions(ast.Module([], []))
