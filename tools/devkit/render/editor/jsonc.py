"""JSON as editors write it, with comments and trailing commas, changed by splicing bytes.

Whatever is not spliced stays byte for byte as its owner wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import tree_sitter
import tree_sitter_json

__all__ = [
    "Broken",
    "Element",
    "elements",
    "indent_at",
    "insert_member",
    "member",
    "parse",
    "remove",
    "splice",
]


class Broken(Exception):
    """The text is no JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True)
class Element:
    """A value inside a list: its bytes' range, and what it says."""

    start: int
    end: int
    value: Any


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))


def parse(text: bytes) -> tree_sitter.Node | None:
    """The document's one value; None when there is nothing but blanks and comments.

    Raises: Broken.
    """
    tree = _parser().parse(_without_trailing_commas(text))
    wrong = next(_wrong(tree.root_node), None)
    if wrong is not None:
        line, column = wrong.start_point
        # tree-sitter counts columns in bytes, people in characters.
        before = text[wrong.start_byte - column : wrong.start_byte].decode("utf-8", "replace")
        raise Broken("is not valid JSON here", line + 1, len(before) + 1)
    values = [node for node in tree.root_node.named_children if node.type != "comment"]
    if len(values) > 1:
        raise Broken("has a second value here", values[1].start_point[0] + 1, values[1].start_point[1] + 1)
    return values[0] if values else None


def member(node: tree_sitter.Node, key: str) -> tree_sitter.Node | None:
    """The value of `key` in an object; the last one, as JSON readers have it."""
    found = None
    for pair in node.named_children:
        name = pair.child_by_field_name("key") if pair.type == "pair" else None
        if name is not None and _value(name) == key:
            found = pair.child_by_field_name("value")
    return found


def elements(array: tree_sitter.Node) -> list[Element]:
    """The values of a list."""
    nodes = (node for node in array.named_children if node.type != "comment")
    return [Element(node.start_byte, node.end_byte, _value(node)) for node in nodes]


def indent_at(text: bytes, position: int) -> bytes | None:
    """The white space before `position`, when nothing else stands before it in its line."""
    line = text[text.rfind(b"\n", 0, position) + 1 : position]
    return line if not line.strip() else None


def splice(text: bytes, start: int, end: int, new: bytes) -> bytes:
    """`text` with the bytes from `start` to `end` replaced."""
    return text[:start] + new + text[end:]


def remove(text: bytes, array: tree_sitter.Node, index: int) -> bytes:
    """`text` without one of a list's values, its comma, and its line where that is then blank."""
    values = [node for node in array.named_children if node.type != "comment"]
    start, end = values[index].start_byte, values[index].end_byte
    # The text as it is: the array's own node knows no trailing comma.
    tokens = list(_leaves(_parser().parse(text).root_node))
    commas = [token.start_byte for token in tokens if token.type == ","]
    following = next((token.start_byte for token in tokens if token.start_byte >= end), None)
    after = following if following in commas else None
    if after is not None:
        # What stands between the value and its comma can only be blanks and comments: those stay.
        text = splice(text, after, after + 1, b"")
    else:
        before = max((c for c in commas if array.start_byte < c < start), default=None)
        if before is not None:
            text = splice(text, before, before + 1, b"")
            start, end = start - 1, end - 1
    indent = indent_at(text, start)
    line_end = text.find(b"\n", end)
    if indent is not None and line_end >= 0 and not text[end:line_end].strip():
        return splice(text, start - len(indent), line_end + 1, b"")
    return splice(text, start, end, b"")


def insert_member(text: bytes, node: tree_sitter.Node, member_text: bytes, newline: bytes) -> bytes:
    """`text` with one more member at the end of an object."""
    pairs = [child for child in node.named_children if child.type == "pair"]
    if not pairs:
        return splice(text, node.start_byte + 1, node.start_byte + 1, newline + member_text + newline)
    end = pairs[-1].end_byte
    return splice(text, end, end, b"," + newline + member_text)


def _leaves(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Tokens from left to right. Written without recursion: a file may be nested as deep as it likes."""
    waiting = [node]
    while waiting:
        top = waiting.pop()
        if top.type == "comment" or top.start_byte == top.end_byte:
            continue
        if top.child_count == 0 or top.type == "string":
            yield top
        waiting.extend(reversed(top.children if top.type != "string" else []))


def _without_trailing_commas(text: bytes) -> bytes:
    """The same length, so that positions hold."""
    clean = bytearray(text.replace(b"\xef\xbb\xbf", b"   ") if text.startswith(b"\xef\xbb\xbf") else text)
    previous = comma = None
    for leaf in _leaves(_parser().parse(text).root_node):
        token = text[leaf.start_byte : leaf.end_byte]
        if token in (b"]", b"}") and comma is not None:
            clean[comma] = ord(" ")
        comma = leaf.start_byte if token == b"," and previous not in (b"[", b"{", b",") else None
        previous = token
    return bytes(clean)


def _wrong(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    waiting = [node]
    while waiting:
        top = waiting.pop()
        if top.is_error or top.is_missing:
            yield top
        if top.has_error:
            waiting.extend(reversed(top.children))


def _value(node: tree_sitter.Node) -> Any:
    """A node's Python value. The tree's own nodes are read, so comments never come near the JSON reader."""
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type == "object":
        pairs = (child for child in node.named_children if child.type == "pair")
        return {_value(pair.named_children[0]): _value(pair.named_children[-1]) for pair in pairs}
    if node.type == "array":
        return [_value(child) for child in node.named_children if child.type != "comment"]
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return text
