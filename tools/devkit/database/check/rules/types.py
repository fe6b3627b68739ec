"""Which type holds all that another one does."""

from __future__ import annotations

import re

__all__ = ["is_wider"]

_SIZE = re.compile(r"\((\d+)(?:,(-?\d+))?\)")
_TEXTS = ("character varying", "text")


def is_wider(old: str, new: str) -> bool:
    """Whether whatever fits the old type fits the new one, and reads alike."""
    (old_name, old_size), (new_name, new_size) = _parts(old), _parts(new)
    if old_name in _TEXTS and new_name == "text":
        return True
    if (old_name, new_name) == ("cidr", "inet"):
        return True
    if old_name != new_name or old_name in ("character", "bit"):
        return False
    if not new_size:
        return True
    if not old_size or len(old_size) != len(new_size):
        return False
    if old_name == "numeric":
        return new_size[1:] == old_size[1:] and new_size[0] >= old_size[0]
    return new_size >= old_size


def _parts(type_: str) -> tuple[str, tuple[int, ...]]:
    """`numeric(12,2)` → numeric, 12 and 2; `timestamp(3) with time zone` → timestamp with time zone, 3."""
    size = _SIZE.search(type_)
    name = " ".join(_SIZE.sub("", type_).split())
    return name, tuple(int(part) for part in size.groups() if part is not None) if size else ()
