"""The text of a Compose file."""

from __future__ import annotations

from pathlib import Path

from devkit.compose.model import fail
from devkit.findings.model import Place

__all__ = ["read_text"]


def read_text(path: Path, shown: str) -> str:
    """Raises ComposeError when there is no such file or it is no text."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as failure:
        fail("unreadable", f"cannot be read: {failure.strerror}", Place(shown))
    except UnicodeDecodeError as failure:
        fail("encoding", f"byte {failure.start} is not UTF-8", Place(shown), "save the file as UTF-8")
