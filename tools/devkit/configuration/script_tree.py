"""TypeScript and JavaScript as tree-sitter reads them: texts, names, what a value is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from devkit.configuration.credentials import HOLE

__all__ = ["bound_to", "line_of", "parse_script", "path_of", "text_of", "walk"]

# What a value passes through on its way to a name.
_THROUGH = {
    "binary_expression", "ternary_expression", "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
    "await_expression", "unary_expression", "jsx_expression", "array",
}  # fmt: skip
_WRAPPERS = {"Number", "String", "parseInt", "parseFloat", "URL"}


@cache
def _language(*, with_elements: bool) -> Language:
    pointer = (
        tree_sitter_typescript.language_tsx()
        if with_elements
        else tree_sitter_typescript.language_typescript()
    )
    return Language(pointer)


def parse_script(file: str, source: bytes) -> Node:
    """The root of a file's tree. In plain TypeScript `<T>x` is a cast, elsewhere an element."""
    plain = file.endswith((".ts", ".mts", ".cts"))
    return Parser(_language(with_elements=not plain)).parse(source).root_node


def walk(node: Node) -> Iterator[Node]:
    """A node and all that is in it, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def line_of(node: Node) -> int:
    """The line of a node, from 1."""
    return int(node.start_point[0]) + 1


def _raw(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def text_of(node: Node | None) -> str | None:
    """The text that an expression makes, with holes for what is not known; None where it makes none."""
    if node is None:
        return None
    if node.type == "string":
        return "".join(_raw(part) for part in node.named_children)
    if node.type == "template_string":
        return "".join(
            HOLE if part.type == "template_substitution" else _raw(part) for part in node.named_children
        )
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return text_of(node.named_children[0])
    if node.type == "binary_expression" and _raw(node.child_by_field_name("operator")) == "+":
        left, right = text_of(node.child_by_field_name("left")), text_of(node.child_by_field_name("right"))
        if left is None and right is None:
            return None
        return (HOLE if left is None else left) + (HOLE if right is None else right)
    return None


def path_of(node: Node | None) -> str:
    """A dotted name: `process.env.X`, whether it is written with dots, brackets, `?.` or `!`. Empty for anything else."""
    if node is None:
        return ""
    if node.type in (
        "identifier",
        "property_identifier",
        "shorthand_property_identifier",
        "this",
        "import",
        "meta_property",
    ):
        return _raw(node)
    if (
        node.type in ("non_null_expression", "parenthesized_expression", "as_expression")
        and node.named_children
    ):
        return path_of(node.named_children[0])
    if node.type == "member_expression":
        before = path_of(node.child_by_field_name("object"))
        return f"{before}.{_raw(node.child_by_field_name('property'))}" if before else ""
    if node.type == "subscript_expression":
        before, index = (
            path_of(node.child_by_field_name("object")),
            text_of(node.child_by_field_name("index")),
        )
        return f"{before}.{index}" if before and index and HOLE not in index else ""
    return ""


def bound_to(node: Node) -> str:
    """The name that a value is given to; empty when it has none. The default of `process.env.X ?? …` is X's."""
    inner, outer = node, node.parent
    while outer is not None:
        if outer.type == "binary_expression" and _raw(outer.child_by_field_name("operator")) in ("??", "||"):
            if "env." in (path := path_of(outer.child_by_field_name("left"))):
                return path.rpartition(".")[2]
        elif outer.type in ("arguments", "call_expression", "new_expression"):
            called = outer if outer.type != "arguments" else outer.parent
            if (
                called is None
                or path_of(
                    called.child_by_field_name("function") or called.child_by_field_name("constructor")
                )
                not in _WRAPPERS
            ):
                return ""
        elif (name := _named(outer, inner)) is not None:
            return name
        elif outer.type not in _THROUGH:
            return ""
        inner, outer = outer, outer.parent
    return ""


def _named(outer: Node, inner: Node) -> str | None:
    fields = {
        "variable_declarator": "name", "pair": "key", "public_field_definition": "name", "required_parameter": "pattern",
        "optional_parameter": "pattern", "assignment_expression": "left", "assignment_pattern": "left", "enum_assignment": "name",
        "object_assignment_pattern": "left",
    }  # fmt: skip
    if outer.type in fields:
        target = outer.child_by_field_name(fields[outer.type]) or outer.named_children[0]
        if target.id == inner.id:
            return ""
        above = outer.parent
        if outer.type == "assignment_pattern" and above is not None and above.type == "pair_pattern":
            target = above.child_by_field_name("key") or target
        return text_of(target) or _raw(target).rpartition(".")[2].strip("'\"]`")
    return _raw(outer.named_children[0]) if outer.type == "jsx_attribute" else None
