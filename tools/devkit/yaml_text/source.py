"""A file's text, as it lies on the disk: read with care, because anyone may have written it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Protocol

from devkit.findings.model import Finding, Place

__all__ = ["MAX_BYTES", "MakeError", "read_source"]

MAX_BYTES = 8 * 2**20


class MakeError(Protocol):
    """Makes a finding of an error: `table.<name>`, `compose.<name>` …"""

    def __call__(self, name: str, message: str, place: Place, fix: str | None = None) -> Finding: ...


def read_source(path: Path, shown: str, error: MakeError, what: str, missing: str) -> str | Finding:
    """The file's text without a byte order mark, or the one reason why it cannot be read.

    `what` the file is, with its article, as in "a table"; `missing` is what to do where there is none.
    """
    whole = Place(shown)
    bare = what.partition(" ")[2]
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return error("not-a-file", "is a folder, not a file", whole, f"put the {bare} into a file here")
        if not stat.S_ISREG(status.st_mode):
            return error("not-a-file", "is not a regular file", whole, f"put the {bare} into a file here")
        if status.st_size > MAX_BYTES:
            message = f"is {status.st_size:,} bytes long; {what} has at most {MAX_BYTES:,}"
            return error("too-big", message, whole, f"is this really {what}?")
        raw = path.read_bytes()
    except FileNotFoundError:
        return error("missing-file", "does not exist", whole, missing)
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        return error("unreadable", f"cannot be read: {reason}", whole, "check its permissions")
    return _decode(raw, shown, error)


def _decode(raw: bytes, shown: str, error: MakeError) -> str | Finding:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return error("encoding", "is UTF-16, not UTF-8", Place(shown, 1, 1), "save the file as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        before = raw[: failure.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"byte {failure.start} (0x{raw[failure.start]:02x}) is not UTF-8"
        return error("encoding", message, Place(shown, line, column), "save the file as UTF-8")
    for index, character in enumerate(text):
        if character < " " and character not in "\t\n\r":
            line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
            message = f"holds the control character U+{ord(character):04X}"
            return error("control-character", message, Place(shown, line, column), "delete it")
    return text
