"""How soon a save restarts a service: at once, unless saves come faster than people save."""

from __future__ import annotations

__all__ = ["Pace"]

# Seconds after a restart within which the next save is a hasty one; so many of them on end are a program's, which writes
# beside its own source whenever it starts.
_HASTY, _MOST = 3.0, 5
# Seconds before the next restart then, doubling.
_FIRST, _LONGEST = 2.0, 30.0


class Pace:
    """One service's. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._hasty = 0
        self._pause = 0.0

    def pause(self, now: float) -> float:
        """Seconds to wait before a restart that is wanted now; it is counted as made after them."""
        if now - self._last > _HASTY:
            self._hasty, self._pause = 0, 0.0
        else:
            self._hasty += 1
        if self._hasty >= _MOST:
            self._pause = min(2 * self._pause or _FIRST, _LONGEST)
        self._last = now + self._pause
        return self._pause
