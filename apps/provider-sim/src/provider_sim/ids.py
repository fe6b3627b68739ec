"""Ids as callers write them."""

from __future__ import annotations

__all__ = ["LARGEST_ID", "read_id"]

LARGEST_ID = 2**63 - 1


def read_id(text: str) -> int:
    """The id in `text`; 0, which nothing has, for what cannot be one."""
    fits = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))
    return int(text) if fits and int(text) <= LARGEST_ID else 0
