"""Asking again and again, without taking the processor from what is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["looks"]


def looks(seconds: float) -> Iterator[None]:
    """One turn a look, for `seconds`: after each a pause as long as the look took, of at least 0.03 s."""
    deadline = time.monotonic() + seconds
    while (began := time.monotonic()) < deadline:
        yield
        time.sleep(max(0.03, time.monotonic() - began))
