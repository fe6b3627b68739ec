"""A file of TypeScript or JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from devkit.configuration.credentials import HOLE
from devkit.configuration.model import ALLOWS, Read, Scan
from devkit.configuration.names import is_timeout_name
from devkit.configuration.script_reads import find_reads
from devkit.configuration.script_tree import bound_to, line_of, parse_script, path_of, text_of, walk
from devkit.configuration.values import LOOPBACK, Known, Violation, judge_number, judge_text
from devkit.findings.model import Place

__all__ = ["scan_script"]

_PAGE_VARIABLE = re.compile(r"VITE_[A-Z0-9_]+")
_DEVELOPMENT = re.compile(r"\b(?:DEV|development|isDev\w*|debug)\b")
_COMPARISONS = {"==", "===", "!=", "!==", "<", ">", "<=", ">="}
# Calls that take a time limit or a delay, and which argument that is.
_LIMITS = {"AbortSignal.timeout": 0, "setTimeout": 1, "setInterval": 1}
_NAME_IT = (
    "give the number a name in capitals, or, where it differs by environment, a variable in dev/services.yaml"
)


def scan_script(file: str, text: str, known: Known) -> Scan:
    """What the file holds; one that cannot be parsed is a violation itself."""
    try:
        return _scanned(file, text, known)
    except RecursionError:
        scan = Scan(file)
        scan.suspect(
            1,
            [("unreadable", "this is nested too deeply", "simplify it; nothing in it was checked")],
            certain=False,
        )
        return scan


def _scanned(file: str, text: str, known: Known) -> Scan:
    scan, source = Scan(file), text.encode("utf-8", "replace")
    root = parse_script(file, source)
    if root.has_error:
        wrong = next((node for node in walk(root) if node.is_error or node.is_missing), root)
        scan.suspect(
            line_of(wrong),
            [("unreadable", "this cannot be parsed", "repair it; some of the file was not checked")],
            certain=False,
        )
    nodes = list(walk(root))
    find_reads(scan, nodes)
    done: set[int] = set()
    for node in nodes:
        if node.id in done or _is_import(node):
            continue
        written = text_of(node) if node.type in ("string", "template_string", "binary_expression") else None
        if written is not None:
            done.update(inner.id for inner in walk(node) if inner.type in ("string", "binary_expression"))
            if written.strip(HOLE + " "):
                scan.suspect(line_of(node), _text(node, written, known))
        elif node.type == "number":
            scan.suspect(line_of(node), _number(node, known))
        if node.type in (
            "property_identifier",
            "identifier",
            "string_fragment",
            "shorthand_property_identifier",
        ):
            name = (node.text or b"").decode("utf-8", "replace")
            if _PAGE_VARIABLE.fullmatch(name):
                scan.mentions.append(Read(name, Place(file, line_of(node), 1)))
    lines = text.splitlines()
    comments = [
        (
            line_of(node),
            (node.text or b"").decode("utf-8", "replace"),
            not lines[line_of(node) - 1][: _column(node)].strip(" \t{"),
        )
        for node in nodes
        if node.type == "comment"
    ]
    scan.allows += ALLOWS.read(file, comments, lines)
    return scan


def _column(node: Node) -> int:
    return int(node.start_point[1])


def _is_import(node: Node) -> bool:
    parent = node.parent
    return (
        node.type == "string"
        and parent is not None
        and parent.type in ("import_statement", "export_statement", "literal_type")
    )


def _compared(node: Node) -> Node | None:
    """The comparison that a value is a side of."""
    outer = node.parent
    while outer is not None and outer.type == "parenthesized_expression":
        outer = outer.parent
    if (
        outer is not None
        and outer.type == "binary_expression"
        and (operator := outer.child_by_field_name("operator"))
    ):
        return outer if (operator.text or b"").decode() in _COMPARISONS else None
    return outer if outer is not None and outer.type == "switch_case" else None


def _text(node: Node, text: str, known: Known) -> Iterator[Violation]:
    outer = node.parent
    if (
        outer is not None
        and outer.type == "pair"
        and (key := outer.child_by_field_name("key")) is not None
        and key.id == node.id
    ):
        return
    if outer is not None and outer.type == "array" and _only_loopback(outer):
        return
    if comparison := _compared(node):
        left, right = comparison.child_by_field_name("left"), comparison.child_by_field_name("right")
        other = right if left is not None and left.id == node.id else left
        name = path_of(other).rpartition(".")[2]
        if "token" not in name.lower():
            yield from (found for found in judge_text(text, name, known) if found[0] == "credential")
        return
    yield from judge_text(
        text, bound_to(node), replace(known, relaxed=known.relaxed or _in_development(node))
    )


def _number(node: Node, known: Known) -> Iterator[Violation]:
    written = (node.text or b"").decode().replace("_", "")
    try:
        value = (
            float(int(written, 0))
            if not re.search(r"[.eE]", written) or written.startswith("0x")
            else float(written)
        )
    except ValueError:
        return
    if value <= 0 or _compared(node) or _is_factor(node):
        return
    if value in (80, 443) and node.parent is not None and node.parent.type == "ternary_expression":
        return  # a scheme's own port
    name, call = bound_to(node), _call_with(node)
    if call is not None and call[1] == 0 and re.search(r"(?:^|\.)listen$", call[0]):
        name = "port"
    if not (known.relaxed or _in_development(node)):
        yield from judge_number(value, name)
    limit = name and is_timeout_name(name) and not name.isupper()
    if limit or (
        call is not None and _LIMITS.get(re.sub(r"^(?:window|globalThis|self)\.", "", call[0])) == call[1]
    ):
        yield "timeout", f"the time limit {value:g} is a bare number", _NAME_IT


def _only_loopback(array: Node) -> bool:
    """Whether this is a list of this machine's names, as others are compared with."""
    return array.named_child_count > 1 and all(text_of(each) in LOOPBACK for each in array.named_children)


def _is_factor(node: Node) -> bool:
    """Whether it is the second number of a product, of which the first is told."""
    outer = node.parent
    if outer is None or outer.type != "binary_expression":
        return False
    left, operator = outer.child_by_field_name("left"), outer.child_by_field_name("operator")
    told = left is not None and left.id != node.id and left.type in ("number", "binary_expression")
    return told and operator is not None and operator.type == "*"


def _call_with(node: Node) -> tuple[str, int] | None:
    """The function that a value is an argument of, and which; products and sums count as their parts."""
    inner, outer = node, node.parent
    while outer is not None and outer.type in ("binary_expression", "parenthesized_expression"):
        inner, outer = outer, outer.parent
    if outer is None or outer.type != "arguments" or outer.parent is None:
        return None
    position = next((n for n, each in enumerate(outer.named_children) if each.id == inner.id), -1)
    return path_of(outer.parent.child_by_field_name("function")), position


def _in_development(node: Node) -> bool:
    """Whether it stands in a branch that only development takes."""
    inner, outer = node, node.parent
    while outer is not None:
        if outer.type in ("if_statement", "ternary_expression"):
            test, body = outer.child_by_field_name("condition"), outer.child_by_field_name("consequence")
            words = (test.text or b"").decode("utf-8", "replace") if test is not None else ""
            positive = _DEVELOPMENT.search(words) and "!" not in words
            not_production = re.search(r"!==?\s*['\"`]production", words)
            if body is not None and body.id == inner.id and (positive or not_production):
                return True
        inner, outer = outer, outer.parent
    return False
