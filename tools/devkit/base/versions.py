"""Version numbers in the output of programs."""

from __future__ import annotations

import re

__all__ = ["Version", "dotted", "version_in"]

Version = tuple[int, ...]


def version_in(text: str) -> Version | None:
    """The first version in a text: `v1.33.1+k3s1` → (1, 33, 1)."""
    found = re.search(r"(?<![\d.])v?(\d+(?:\.\d+)+)", text)
    return tuple(map(int, found[1].split("."))) if found else None


def dotted(version: Version) -> str:
    """(1, 33, 1) → `1.33.1`."""
    return ".".join(map(str, version))
