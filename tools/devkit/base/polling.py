"""Trying again until it is so, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["attempts"]


def attempts(seconds: float, every: float) -> Iterator[float]:
    """One turn of a loop at once, more after each pause of `every` seconds, the last one at the deadline.

    Gives what is left of `seconds`. A loop that runs out has waited in vain: what follows it says so.
    """
    until = time.monotonic() + seconds
    left = max(0.0, seconds)
    yield left
    while left > 0:
        time.sleep(min(every, left))
        left = max(0.0, until - time.monotonic())
        yield left
