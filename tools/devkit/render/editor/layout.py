"""How a file is written: its line ends and indentation, and ours in the same manner."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from devkit.render.editor.jsonc import values
from devkit.render.editor.marks import marker
from devkit.render.editor.model import Entry, Marks

__all__ = ["Layout", "indent_at", "layout_of", "written", "written_pair"]

_DEFAULT = b"  "
_PLAIN = re.compile(rb"\t{1,2}| {1,8}")


@dataclass(frozen=True)
class Layout:
    """`outer` stands before the keys of the file's mapping, and once more for each level below."""

    newline: bytes = b"\n"
    outer: bytes = _DEFAULT


def layout_of(text: bytes, root: tree_sitter.Node | None = None) -> Layout:
    """As the file has it; two blanks where it shows none."""
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    pairs = values(root) if root is not None else []
    outer = indent_at(text, pairs[0].start_byte) if pairs else None
    return Layout(newline, outer if outer and _PLAIN.fullmatch(outer) else _DEFAULT)


def indent_at(text: bytes, position: int) -> bytes | None:
    """The blanks before `position`, when nothing else stands before it in its line."""
    begin = text.rfind(b"\n", 0, position) + 1
    line = text[begin:position]
    return line if begin and not line.strip(b" \t") else None


def written(entry: Entry, marks: Marks, layout: Layout, indent: bytes, *, keyed: bool) -> bytes:
    """One of ours, its marker included, whose first line stands behind `indent`."""
    value = json.dumps(entry.value, indent=layout.outer.decode(), ensure_ascii=False).encode()
    key = json.dumps(entry.name, ensure_ascii=False).encode() + b": " if keyed else b""
    return marker(marks, entry) + key + value.replace(b"\n", layout.newline + indent)


def written_pair(key: str, entries: Sequence[Entry], marks: Marks, layout: Layout) -> bytes:
    """A key of the file with a list of ours."""
    indent = layout.newline + layout.outer * 2
    inside = [indent + written(entry, marks, layout, layout.outer * 2, keyed=False) for entry in entries]
    return json.dumps(key).encode() + b": [" + b",".join(inside) + layout.newline + layout.outer + b"]"
