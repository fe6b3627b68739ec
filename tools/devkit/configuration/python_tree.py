"""A syntax tree with parents, what names stand for, and what a value is bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

__all__ = ["Tree", "last_name"]

# Calls that only wrap a value: `SecretStr("x")` is as good as "x".
_WRAPPERS = {
    "SecretStr", "SecretBytes", "str", "int", "float", "bytes", "URL", "HttpUrl", "AnyUrl", "PostgresDsn", "RedisDsn", "Field", "field",
    "TypeAdapter", "cast", "strip", "rstrip", "lower", "encode", "Path", "urlparse", "urlsplit", "make_url", "Final",
}  # fmt: skip
# Methods of a text that only look for another in it.
_COMPARING = {
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "find",
    "index",
    "count",
    "split",
    "partition",
}
_READERS = {"os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault"}
_DEFAULTS = {"default", "default_factory", "value"}


class Tree:
    """A module's syntax tree."""

    def __init__(self, module: ast.Module) -> None:
        self.nodes = list(ast.walk(module))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.docstrings = {
            statement.value
            for statement in self.nodes
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        }

    @cached_property
    def imported(self) -> dict[str, str]:
        """What an imported name stands for: `env` → `os.environ` after `from os import environ as env`."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    found[name.asname or name.name.partition(".")[0]] = (
                        name.name if name.asname else name.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    found[name.asname or name.name] = f"{node.module}.{name.name}"
        for node in self.nodes:  # env = os.environ
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                full = _dotted(node.value, found)
                if full and full.startswith("os."):
                    found.setdefault(node.targets[0].id, full)
        return found

    @cached_property
    def texts(self) -> dict[str, set[str]]:
        """The texts that a plain name may stand for: constants, and the targets of loops over literal ones."""
        found: dict[str, set[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                values = _literals([node.value])
            elif isinstance(node, ast.For | ast.comprehension):
                targets, elements = [node.target], node.iter
                values = (
                    _literals(elements.elts) if isinstance(elements, ast.Tuple | ast.List | ast.Set) else None
                )
            else:
                continue
            for target in targets:
                if isinstance(target, ast.Name):
                    if values is None:
                        found[target.id] = set()  # not only literals
                    elif found.get(target.id, values):
                        found.setdefault(target.id, set()).update(values)
        return {name: values for name, values in found.items() if values}

    def dotted(self, node: ast.AST) -> str:
        """The full name that an expression is, with what is imported in place of its alias; empty when it is no name."""
        return _dotted(node, self.imported)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node is in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def bound_to(self, node: ast.AST) -> str:
        """The name that a value is given to: a variable's, a keyword's, a parameter's, a key's; empty when it has none."""
        inner = node
        for outer in self.ancestors(node):
            if isinstance(outer, ast.keyword):
                call = self.parents.get(outer)
                if not (
                    isinstance(call, ast.Call)
                    and outer.arg in _DEFAULTS
                    and last_name(call.func) in _WRAPPERS
                ):
                    return outer.arg or ""
            elif isinstance(outer, ast.Call):
                if inner is not outer.func:
                    if (name := self._default_of(outer, inner)) is not None:
                        return name
                    if last_name(outer.func) not in _WRAPPERS:
                        return ""
            elif isinstance(outer, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                target = outer.targets[0] if isinstance(outer, ast.Assign) else outer.target
                return _target(target) if inner is not target else ""
            elif isinstance(outer, ast.arguments):
                return _parameter(outer, inner)
            elif isinstance(outer, ast.Dict):
                return _key(outer, inner)
            elif isinstance(outer, ast.BoolOp) and (name := self._variable_in(outer.values[0])):
                return name
            elif isinstance(outer, ast.Compare):
                other = outer.left if inner is not outer.left else outer.comparators[0]
                return last_name(other) or _subscript(other)
            elif not isinstance(
                outer,
                ast.BoolOp
                | ast.IfExp
                | ast.BinOp
                | ast.UnaryOp
                | ast.JoinedStr
                | ast.FormattedValue
                | ast.Tuple
                | ast.List
                | ast.Set
                | ast.Await
                | ast.Starred
                | ast.Attribute,
            ):
                return ""
            inner = outer
        return ""

    def _variable_in(self, node: ast.AST) -> str:
        """The variable that an expression reads: of `os.environ.get("X") or "default"`."""
        if isinstance(node, ast.Call) and node.args and self.dotted(node.func) in _READERS:
            return str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else ""
        return ""

    def _default_of(self, call: ast.Call, inner: ast.AST) -> str | None:
        """The variable whose default a text is: the second argument of `os.environ.get` and its like."""
        if self.dotted(call.func) in _READERS and call.args:
            name = call.args[0]
            return str(name.value) if inner is not name and isinstance(name, ast.Constant) else ""
        return None

    def within_compare(self, node: ast.AST) -> bool:
        """Whether a value is only compared with another."""
        for outer in self.ancestors(node):
            if isinstance(outer, ast.Compare | ast.MatchValue):
                return True
            if isinstance(outer, ast.Call):
                return last_name(outer.func) in _COMPARING and node in outer.args
            if not isinstance(outer, ast.Tuple | ast.List | ast.Set | ast.BinOp | ast.JoinedStr):
                return False
        return False


def last_name(node: ast.AST) -> str:
    """The last part of a name: `settings.api_key` → `api_key`; empty for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _dotted(node: ast.AST, imported: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, imported)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _literals(nodes: list[ast.expr]) -> set[str] | None:
    values = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return values if len(values) == len({ast.dump(node) for node in nodes}) else None


def _target(target: ast.AST) -> str:
    return last_name(target) or _subscript(target)


def _subscript(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def _key(node: ast.Dict, inner: ast.AST) -> str:
    for key, value in zip(node.keys, node.values, strict=True):
        if value is inner:
            return str(key.value) if isinstance(key, ast.Constant) else last_name(key) if key else ""
    return ""


def _parameter(node: ast.arguments, inner: ast.AST) -> str:
    named = [*node.posonlyargs, *node.args]
    pairs = [*zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True)]
    pairs += [
        (name, default) for name, default in zip(node.kwonlyargs, node.kw_defaults, strict=True) if default
    ]
    return next((name.arg for name, default in pairs if default is inner), "")
