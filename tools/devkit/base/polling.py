"""Retrying until a condition holds, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["attempts"]


def attempts(seconds: float, every: float) -> Iterator[float]:
    """One turn of a loop at once, more after each pause of `every` seconds, the last one at the deadline.

    Yields the seconds left. When the loop runs out the wait has failed: the code after it says so.
    """
    until = time.monotonic() + seconds
    left = max(0.0, seconds)
    yield left
    while left > 0:
        time.sleep(min(every, left))
        left = max(0.0, until - time.monotonic())
        yield left
