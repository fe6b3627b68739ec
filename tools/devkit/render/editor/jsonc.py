"""JSON as editors write it, with comments and trailing commas: read with every value's place in the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TypeAlias

import tree_sitter
import tree_sitter_json

__all__ = [
    "Broken",
    "Json",
    "broken_at",
    "comma_after",
    "ends_line_comment",
    "key_of",
    "line_of_comments",
    "member",
    "parse",
    "value_of",
    "values",
]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


_READER = json.JSONDecoder(strict=False)


class Broken(Exception):
    """The text is not JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@lru_cache(maxsize=8)  # a file's collections, and writing and looking, ask for the same text in turn
def _tree(text: bytes) -> tree_sitter.Tree:
    """The text's tree; trailing commas are no mistakes in it, and every value is where it stands in the text."""
    plain = _parser().parse(text)
    return _parser().parse(_without_trailing_commas(text, plain)) if plain.root_node.has_error else plain


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))


def parse(text: bytes) -> tree_sitter.Node | None:
    """The document's one value; None when there is nothing but blanks and comments.

    Raises Broken.
    """
    tree = _tree(text)
    wrong = next(_wrong(tree.root_node), None)
    if wrong is not None:
        raise broken_at(text, wrong, "is not valid JSON here")
    found = values(tree.root_node)
    if len(found) > 1:
        raise broken_at(text, found[1], "has a second value here")
    return found[0] if found else None


def broken_at(text: bytes, node: tree_sitter.Node, message: str) -> Broken:
    """What is wrong with a node. tree-sitter counts columns in bytes, people in characters."""
    line, column = node.start_point
    before = text[node.start_byte - column : node.start_byte].decode("utf-8", "replace")
    return Broken(message, line + 1, len(before) + 1)


def member(node: tree_sitter.Node, key: str) -> tree_sitter.Node | None:
    """The pair of `key` in an object; the last one, as JSON readers have it."""
    return next((pair for pair in reversed(values(node)) if key_of(pair) == key), None)


def key_of(pair: tree_sitter.Node) -> str | None:
    """What a pair of an object is called; None for what is not a pair."""
    name = pair.child_by_field_name("key") if pair.type == "pair" else None
    value = value_of(name) if name is not None else None
    return value if isinstance(value, str) else None


def values(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """A list's values, or an object's pairs."""
    return [child for child in node.named_children if child.type != "comment"]


def value_of(node: tree_sitter.Node) -> Json:
    """A node's Python value. The tree's own nodes are read, so comments never come near the JSON reader."""
    if node.type == "object":
        found: dict[str, Json] = {}
        for pair in values(node):
            key, value = key_of(pair), pair.child_by_field_name("value")
            if key is not None and value is not None:
                found[key] = value_of(value)
        return found
    if node.type == "array":
        return [value_of(child) for child in values(node)]
    text = (node.text or b"").decode("utf-8", "replace")
    try:
        plain: Json = _READER.decode(text)
    except ValueError:
        return text
    return plain


def comma_after(text: bytes, position: int) -> int | None:
    """Where the comma stands that follows a value which ends at `position`; None when a bracket does."""
    while position < len(text):
        if text[position : position + 1].isspace():
            position += 1
        elif (end := _comment_end(text, position)) is not None:
            position = end
        else:
            return position if text[position : position + 1] == b"," else None
    return None


def ends_line_comment(text: bytes, begin: int, position: int) -> bool:
    """Whether a `//` comment ends at `position`, between two values of which the first ends at `begin`."""
    while begin < position:
        end = _comment_end(text, begin)
        if end == position:
            return text.startswith(b"//", begin)
        begin = end if end is not None else begin + 1
    return False


def line_of_comments(text: bytes, position: int) -> int:
    """The end of the comments that stand behind `position` in its line; `position` itself when none does."""
    while True:
        start = position
        while text[start : start + 1] in (b" ", b"\t"):
            start += 1
        end = _comment_end(text, start)
        if end is None:
            return position
        position = end


def _comment_end(text: bytes, start: int) -> int | None:
    """Where a comment ends that starts here, its line's end not counted; None when none does."""
    if text.startswith(b"/*", start):
        end = text.find(b"*/", start + 2)
        return len(text) if end < 0 else end + 2
    if not text.startswith(b"//", start):
        return None
    end = text.find(b"\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end + 1] == b"\r\n" else end


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


def _without_trailing_commas(text: bytes, tree: tree_sitter.Tree) -> bytes:
    """The same length, so that positions hold."""
    clean = bytearray(text.replace(b"\xef\xbb\xbf", b"   ", 1) if text.startswith(b"\xef\xbb\xbf") else text)
    previous = comma = None
    for leaf in _leaves(tree.root_node):
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
