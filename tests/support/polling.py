"""Asking again and again, without taking the processor from what is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["PATIENCE", "looks"]

# As long as anything may take on a busy machine, in seconds. What passes never waits it out.
PATIENCE = 120.0


def looks(seconds: float = PATIENCE) -> Iterator[None]:
    """One turn a look, for `seconds`: after each a pause as long as the look took, of at least 0.03 s."""
    deadline = time.monotonic() + seconds
    while (began := time.monotonic()) < deadline:
        yield
        time.sleep(max(0.03, time.monotonic() - began))
