"""Which entries of a file are ours: by their names, or by a comment with their hash before them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import tree_sitter

from devkit.render.editor.jsonc import Json, key_of, value_of, values
from devkit.render.editor.model import MARK, ByName, Entry, Marks

__all__ = ["Slot", "folded", "marker", "slots"]

_COMMENT = re.compile(rb"/\* devkit:(?P<hash>[0-9a-f]{8}) \*/\s*\Z")
_LONGEST = 200


@dataclass(frozen=True)
class Slot:
    """An entry in a file: its bytes, its marker's included, and what it says. `name` is None for what cannot be ours."""

    start: int
    end: int
    name: str | None
    value: Json
    ours: bool


def slots(text: bytes, container: tree_sitter.Node, marks: Marks) -> list[Slot]:
    """The entries of a list or a mapping, from left to right."""
    return [_slot(text, node, marks) for node in values(container)]


def marker(marks: Marks, entry: Entry) -> bytes:
    """What is written before one of ours."""
    return b"" if isinstance(marks, ByName) else b"/* devkit:%s */ " % _hash(entry.name, entry.value)


def folded(name: str) -> str:
    """The same for names that mean the same. Extensions are called without regard to case, and nothing else differs by it alone."""
    return name.casefold()


def _slot(text: bytes, node: tree_sitter.Node, marks: Marks) -> Slot:
    inner = node.child_by_field_name("value") if node.type == "pair" else node
    value = value_of(inner) if inner is not None else None
    start, end = node.start_byte, node.end_byte
    if isinstance(marks, ByName):
        name = value.get(marks.field) if isinstance(value, dict) else None
        sign = value.get(marks.sign) if isinstance(value, dict) else None
        ours = isinstance(name, str) and name.startswith(marks.prefix)
        ours = ours and isinstance(sign, str) and sign.endswith(MARK)
        return Slot(start, end, name if isinstance(name, str) else None, value, ours)
    called = key_of(node) if node.type == "pair" else value if isinstance(value, str) else None
    found = _COMMENT.search(text[max(0, start - _LONGEST) : start])
    if found is None or called is None or found["hash"] != _hash(called, value):
        return Slot(start, end, called, value, ours=False)
    return Slot(start - (found.end() - found.start()), end, called, value, ours=True)


def _hash(name: str, value: Json) -> bytes:
    told = json.dumps([name, value], sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:8].encode()
