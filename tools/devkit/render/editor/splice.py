"""Entries put into a list or a mapping, and taken out of it, with the commas and line ends that belong to them.

What `put` writes, `take` takes away to the byte. So where a bracket holds nothing but blanks, the first entry stands right
behind the opening one: that is how `[]` and a `[` and `]` on two lines are told apart when ours go.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import tree_sitter

from devkit.render.editor.jsonc import comma_after, ends_line_comment, line_of_comments
from devkit.render.editor.layout import Layout, indent_at
from devkit.render.editor.marks import Slot

__all__ = ["put", "replaced", "take"]


def replaced(text: bytes, edits: Sequence[tuple[int, int, bytes]]) -> bytes:
    """`text` with other bytes in ranges of it, each a start, an end, and what comes there. None overlaps another; what comes to one place stands in the order given."""
    parts: list[bytes] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[position:start], new]
        position = end
    return b"".join([*parts, text[position:]])


def put(
    text: bytes,
    container: tree_sitter.Node,
    present: list[Slot],
    new: Sequence[bytes],
    indent: bytes,
    layout: Layout,
) -> bytes:
    """What is `new`, of which there is at least one, behind the last of the entries `present` and the comments in its line."""
    before = layout.newline + indent
    added = (b"," + before).join(new)
    if not present:
        start = line_of_comments(text, container.start_byte + 1)
        empty = not text[container.start_byte + 1 : container.end_byte - 1].strip()
        return replaced(text, [(start, start, added if empty else before + added)])
    last = present[-1].end
    comma = comma_after(text, last)
    if comma is not None:
        at = line_of_comments(text, comma + 1)
        return replaced(text, [(at, at, before + added + b",")])
    at = line_of_comments(text, last)
    return replaced(text, [(last, last, b","), (at, at, before + added)])


def take(text: bytes, container: tree_sitter.Node, present: list[Slot], gone: Set[int]) -> bytes:
    """`text` without those of the entries `present` whose indices are in `gone`. Comments outside them stay."""
    begin, taken = container.start_byte + 1, 0
    alone = True
    for index, slot in enumerate(present):
        start, end = slot.start - taken, slot.end - taken
        if index not in gone:
            begin, alone = end, False
            continue
        shorter = _without(text, begin, start, end, alone)
        taken += len(text) - len(shorter)
        text = shorter
    return text


def _without(text: bytes, begin: int, start: int, end: int, alone: bool) -> bytes:
    """`text` without one entry. What stands before it ends at `begin`: another entry or, where it is `alone`, the bracket."""
    comma = comma_after(text, end)
    after = end + (comma == end)
    cuts = [(*_with_blanks(text, begin, start, after), b"")]
    if comma is None and not alone:
        comma = comma_after(text, begin)
    if comma is not None and not start <= comma < after:
        cuts.append((comma, comma + 1, b""))
    return replaced(text, cuts)


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
