"""Entries put into a list or a mapping, and taken out of it, with the commas and line ends that belong to them.

What `put` writes, `take` takes away to the byte. So where a bracket holds nothing but blanks, the first entry stands right
behind the opening one: that is how `[]` and a `[` and `]` on two lines are told apart when ours go.
"""

from __future__ import annotations

import tree_sitter

from devkit.render.editor.jsonc import comma_after, ends_line_comment, line_of_comments
from devkit.render.editor.layout import Layout, indent_at
from devkit.render.editor.marks import Slot

__all__ = ["put", "replace", "take"]


def replace(text: bytes, start: int, end: int, new: bytes = b"") -> bytes:
    """`text` with the bytes from `start` to `end` replaced."""
    return text[:start] + new + text[end:]


def put(
    text: bytes, container: tree_sitter.Node, present: list[Slot], new: bytes, indent: bytes, layout: Layout
) -> bytes:
    """`new` behind the last of the entries `present`, and behind the comments in its line."""
    before = layout.newline + indent
    if not present:
        start = line_of_comments(text, container.start_byte + 1)
        empty = not text[container.start_byte + 1 : container.end_byte - 1].strip()
        return replace(text, start, start, new if empty else before + new)
    last = present[-1].end
    comma = comma_after(text, last)
    if comma is not None:
        at = line_of_comments(text, comma + 1)
        return replace(text, at, at, before + new + b",")
    at = line_of_comments(text, last)
    return replace(replace(text, at, at, before + new), last, last, b",")


def take(text: bytes, container: tree_sitter.Node, present: list[Slot], index: int) -> bytes:
    """`text` without one of the entries `present`. Comments outside it stay."""
    slot = present[index]
    begin = present[index - 1].end if index else container.start_byte + 1
    comma = comma_after(text, slot.end)
    end = slot.end + (comma == slot.end)
    cuts = [_with_blanks(text, begin, slot.start, end)]
    if comma is None and index:
        comma = comma_after(text, begin)
    if comma is not None and not slot.start <= comma < end:
        cuts.append((comma, comma + 1))
    for cut in sorted(cuts, reverse=True):
        text = replace(text, *cut)
    return text


def _with_blanks(text: bytes, begin: int, start: int, end: int) -> tuple[int, int]:
    """The range and the blanks that stood there for its sake: its line where it had one, else those behind it."""
    indent = indent_at(text, start)
    stop = text.find(b"\n", end)
    rest = text[end : len(text) if stop < 0 else stop].strip()
    ends_line = not rest or rest.startswith((b"]", b"}"))
    if indent is None:
        return start, end + (_blanks(text, end) if text[end - 1 : end] == b"," else 0)
    if not ends_line:
        return start, end + _blanks(text, end)  # a comment or another entry keeps the line
    line = start - len(indent) - 1
    line -= text[line - 1 : line] == b"\r"
    if ends_line_comment(text, begin, line):  # neither a bracket nor blanks must slip into the comment above
        return (start, end) if rest else (line, end + _blanks(text, end))
    return line, end


def _blanks(text: bytes, position: int) -> int:
    found = position
    while text[found : found + 1] in (b" ", b"\t"):
        found += 1
    return found - position
