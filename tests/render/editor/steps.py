"""Writing and removing ours, with what must hold each time."""

from __future__ import annotations

import re

from devkit.findings.model import Finding
from devkit.render.editor.files import merge_file, strip_file
from devkit.render.editor.jsonc import Json, parse, value_of
from devkit.render.editor.model import EditorFile

COMMENT = re.compile(rb'"(?:\\.|[^"\\])*"|(//[^\r\n]*|/\*.*?\*/)', re.DOTALL)
_MARKER = re.compile(rb"/\* devkit:[0-9a-f]{8} \*/")


def write(file: EditorFile, existing: bytes | None) -> bytes:
    """The file with ours; a second time it must not change."""
    found = merge_file(file, existing)
    assert isinstance(found, bytes), found
    assert merge_file(file, found) == found, f"{file.path}: a second run must change nothing"
    return found


def remove(file: EditorFile, existing: bytes) -> bytes | None:
    """The file without ours; a second time it must not change."""
    found = strip_file(file, existing)
    assert not isinstance(found, Finding), found
    if found is not None:
        assert strip_file(file, found) == found, f"{file.path}: a second removal must change nothing"
    return found


def content(text: bytes) -> dict[str, Json]:
    """What a reader that knows comments and trailing commas gets."""
    root = parse(text)
    value = value_of(root) if root is not None else {}
    assert isinstance(value, dict)
    return value


def entries(text: bytes, key: str) -> list[Json]:
    """One of the file's lists."""
    found = content(text)[key]
    assert isinstance(found, list)
    return found


def names(text: bytes, key: str = "configurations", field: str = "name") -> list[str]:
    """What the entries of a list are called."""
    return [str(entry[field]) for entry in entries(text, key) if isinstance(entry, dict) and field in entry]


def comments(text: bytes) -> list[bytes]:
    """People's comments, in order, found without the code under test."""
    found = [match.group(1) for match in COMMENT.finditer(text) if match.group(1)]
    return [comment for comment in found if not _MARKER.fullmatch(comment)]
