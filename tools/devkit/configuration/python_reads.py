"""Which variables Python code reads by itself: `os.environ`, `os.getenv` and their like, under whatever name."""

from __future__ import annotations

import ast

from devkit.configuration.model import Scan
from devkit.configuration.python_tree import Tree

__all__ = ["find_reads"]

_READERS = {
    "os.getenv",
    "os.environ.get",
    "os.environ.pop",
    "os.environ.setdefault",
    "os.environ.__getitem__",
    "decouple.config",
}
_ENVIRONMENTS = {"os.environ", "os.environb"}
_COPIES = {"dict", "os.environ.copy"}
_WHOLE = {"os.environ.items", "os.environ.keys", "os.environ.values"}


def find_reads(scan: Scan, tree: Tree) -> None:
    """Notes each variable, and each read by a name that is only known at run time."""
    for node in tree.nodes:
        if isinstance(node, ast.Subscript) and _is_environment(tree, node.value):
            if isinstance(node.ctx, ast.Load):
                _read(scan, tree, node, node.slice)
        elif isinstance(node, ast.Call):
            called = tree.dotted(node.func)
            if called in _READERS:
                given = (
                    node.args[0]
                    if node.args
                    else next((k.value for k in node.keywords if k.arg in ("key", "option")), node)
                )
                _read(scan, tree, node, given)
            elif called in _WHOLE:
                _dynamic(scan, node)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            if tree.dotted(node.comparators[0]) in _ENVIRONMENTS:
                _read(scan, tree, node, node.left)
        elif isinstance(node, ast.For | ast.comprehension) and tree.dotted(node.iter) in _ENVIRONMENTS:
            _dynamic(scan, node.iter)


def _is_environment(tree: Tree, node: ast.AST) -> bool:
    """Whether this is the environment, or a copy of it."""
    if isinstance(node, ast.Call) and tree.dotted(node.func) in _COPIES:
        return not node.args or tree.dotted(node.args[0]) in _ENVIRONMENTS
    return tree.dotted(node) in _ENVIRONMENTS


def _read(scan: Scan, tree: Tree, node: ast.AST, name: ast.AST) -> None:
    line: int = node.lineno  # type: ignore[attr-defined]
    if isinstance(name, ast.Constant) and isinstance(name.value, str | bytes):
        scan.read(name.value if isinstance(name.value, str) else name.value.decode("utf-8", "replace"), line)
    elif isinstance(name, ast.Name) and name.id in tree.texts:
        for text in sorted(tree.texts[name.id]):
            scan.read(text, line)
    else:
        _dynamic(scan, node)


def _dynamic(scan: Scan, node: ast.AST) -> None:
    line: int = node.lineno  # type: ignore[attr-defined]
    fix = "read each variable by its name, or allow it with the reason why its names are known elsewhere"
    scan.suspect(
        line, [("dynamic", "which variable is read here is only known at run time", fix)], certain=False
    )
