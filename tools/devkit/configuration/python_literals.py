"""Addresses, credentials and time limits that are written into Python code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from devkit.configuration.credentials import HOLE, holds_credential
from devkit.configuration.model import Scan
from devkit.configuration.names import is_timeout_name
from devkit.configuration.python_tree import Tree, last_name
from devkit.configuration.values import LOOPBACK, Known, Violation, judge_number, judge_text

__all__ = ["find_literals"]

# Calls that take a time limit, and which argument that is.
_LIMITS = {
    "timeout": 0,
    "timeout_at": 0,
    "wait_for": 1,
    "fail_after": 0,
    "move_on_after": 0,
    "settimeout": 0,
    "setdefaulttimeout": 0,
    "alarm": 0,
    "Timeout": 0,
    "ClientTimeout": 0,
}
# Of these every keyword is one.
_LIMIT_CLASSES = {"Timeout", "ClientTimeout"}
# Calls that take host and port one after the other, or as a pair.
_CONNECTING = {
    "create_connection",
    "open_connection",
    "connect",
    "Redis",
    "StrictRedis",
    "HTTPConnection",
    "HTTPSConnection",
    "SMTP",
    "SMTP_SSL",
    "bind",
    "run",
    "serve",
    "start_server",
    "create_server",
}
_FORMAT = re.compile(r"\{[^{}]*\}")
_PERCENT = re.compile(r"%(?:\(\w+\))?[-#0 +]*[\d.]*[sdirxfeg]")
_DEVELOPMENT = re.compile(r"\b(?:development|is_dev|in_dev|debug|DEBUG|DEV)\b|__main__")
_NAME_IT = (
    "give the number a name in capitals, or, where it differs by environment, a variable in dev/services.yaml"
)


def find_literals(scan: Scan, tree: Tree, known: Known) -> None:
    """Notes what is written into the code; docstrings and comments are not code."""
    seen: set[ast.AST] = set()
    for node in tree.nodes:
        if node in seen:
            continue
        text = _text(node)
        if text is not None:
            seen.update(ast.walk(node))
            if text.strip(HOLE + " "):
                scan.suspect(node.lineno, _judge(tree, node, text, known))  # type: ignore[attr-defined]
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        ):
            scan.suspect(node.lineno, _number(tree, node, node.value))


def _judge(tree: Tree, node: ast.AST, text: str, known: Known) -> Iterator[Violation]:
    if node in tree.docstrings:
        if holds_credential(text):
            yield from judge_text(text, "", known)
        return
    outer = tree.parents.get(node)
    if isinstance(outer, ast.Dict) and node in outer.keys:
        return
    name = tree.bound_to(node)
    if tree.within_compare(node):
        if (
            isinstance(outer, ast.Compare)
            and isinstance(outer.ops[0], ast.Eq | ast.NotEq)
            and "token" not in name.lower()
        ):
            yield from (found for found in judge_text(text, name, known) if found[0] == "credential")
        return
    if _only_loopback(outer):
        return
    if _first_of_connecting(tree, node, text):
        name = "host"
    if _second_of_auth(tree, node, name):
        name = "password"
    relaxed = known.relaxed or _in_development(tree, node)
    yield from judge_text(text, name, replace(known, relaxed=relaxed))


def _number(tree: Tree, node: ast.Constant, value: float) -> Iterator[Violation]:
    if tree.within_compare(node) or value <= 0 or _is_factor(tree, node):
        return
    if value in (80, 443) and isinstance(tree.parents.get(node), ast.IfExp):  # a scheme's own port
        return
    name = tree.bound_to(node)
    outer = tree.parents.get(node)
    if isinstance(outer, ast.Call | ast.Tuple) and _second_of_connecting(tree, node):
        name = "port"
    if not _in_development(tree, node):
        yield from judge_number(value, name)
    if _is_limit(tree, node, name):
        yield "timeout", f"the time limit {value:g} is a bare number", _NAME_IT


def _is_factor(tree: Tree, node: ast.AST) -> bool:
    """Whether it is the second number of a product, of which the first is told."""
    outer = tree.parents.get(node)
    product = isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mult)
    return product and outer.right is node and isinstance(outer.left, ast.Constant | ast.BinOp)  # type: ignore[union-attr]


def _is_limit(tree: Tree, node: ast.AST, name: str) -> bool:
    if name and is_timeout_name(name):
        return not name.isupper() and not _is_setting(tree, node)
    inner = node
    for outer in tree.ancestors(node):
        if isinstance(outer, ast.keyword):
            call = tree.parents[outer]
            if isinstance(call, ast.Call) and last_name(call.func) == "timedelta":
                return _is_limit(tree, call, tree.bound_to(call))
            return isinstance(call, ast.Call) and last_name(call.func) in _LIMIT_CLASSES
        if isinstance(outer, ast.Call):
            position = _LIMITS.get(last_name(outer.func))
            return (
                position is not None
                and len(outer.args) > position
                and outer.args[position] is inner
                and tree.dotted(outer.func) != ""
            )
        if not isinstance(outer, ast.BinOp | ast.IfExp | ast.UnaryOp):
            return False
        inner = outer
    return False


def _is_setting(tree: Tree, node: ast.AST) -> bool:
    """Whether it is the default of a field that is read from the environment."""
    owner = next((each for each in tree.ancestors(node) if isinstance(each, ast.ClassDef)), None)
    return owner is not None and any("Settings" in last_name(base) for base in owner.bases)


def _in_development(tree: Tree, node: ast.AST) -> bool:
    """Whether it stands in a branch that only development takes, or under `if __name__ == "__main__"`."""
    inner = node
    for outer in tree.ancestors(node):
        if isinstance(outer, ast.If | ast.IfExp):
            test = ast.unparse(outer.test)
            body = outer.body if isinstance(outer.body, list) else [outer.body]
            positive = _DEVELOPMENT.search(test) and not re.search(r"\bnot\b|!=", test)
            if inner in body and (positive or re.search(r"!= ['\"]production", test)):
                return True
        inner = outer
    return False


def _pair(tree: Tree, node: ast.AST) -> tuple[ast.Call | None, list[ast.expr]]:
    outer = tree.parents.get(node)
    if isinstance(outer, ast.Tuple):
        call = tree.parents.get(outer)
        return (call, outer.elts) if isinstance(call, ast.Call) and outer in call.args else (None, [])
    return (outer, outer.args) if isinstance(outer, ast.Call) else (None, [])


def _first_of_connecting(tree: Tree, node: ast.AST, text: str) -> bool:
    call, given = _pair(tree, node)
    if call is None or given[:1] != [node] or last_name(call.func) not in _CONNECTING - {"run"}:
        return False
    return len(given) > 1 or text == "localhost"


def _only_loopback(node: ast.AST | None) -> bool:
    """Whether this is a list of this machine's names, as others are compared with."""
    if not isinstance(node, ast.Set | ast.Tuple | ast.List) or len(node.elts) < 2:
        return False
    return all(isinstance(each, ast.Constant) and each.value in LOOPBACK for each in node.elts)


def _second_of_auth(tree: Tree, node: ast.AST, name: str) -> bool:
    """Whether it is the password of `auth=("user", "password")` or of `BasicAuth("user", "password")`."""
    outer = tree.parents.get(node)
    if isinstance(outer, ast.Tuple):
        return name == "auth" and len(outer.elts) == 2 and outer.elts[1] is node
    return (
        isinstance(outer, ast.Call)
        and last_name(outer.func).endswith("BasicAuth")
        and outer.args[1:2] == [node]
    )


def _second_of_connecting(tree: Tree, node: ast.AST) -> bool:
    call, given = _pair(tree, node)
    return call is not None and last_name(call.func) in _CONNECTING and len(given) > 1 and given[1] is node


def _text(node: ast.AST) -> str | None:
    """The text that an expression makes, with holes for what is not known; None where it makes none."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        if left is None and right is None:
            return None
        return (HOLE if left is None else left) + (HOLE if right is None else right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        template = _text(node.left)
        return None if template is None else _PERCENT.sub(HOLE, template)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = _text(node.func.value)
        return None if template is None else _FORMAT.sub(HOLE, template)
    return None
