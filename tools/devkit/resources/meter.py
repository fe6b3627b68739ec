"""Counters that only grow, turned into what is used a second: across restarts, new children and pauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from devkit.resources.model import Reading, Sample

__all__ = ["Meter"]

# The processes of a service are read one after the other: one may have begun a little before the last look's end.
_BIRTH = 0.5
# A reading may be this many periods old, or say so wrongly. What differs by more is a clock that was set: after a sleep, by
# a time server, with a virtual machine that went on.
_PERIODS = 2


class Meter:
    """Takes readings in, gives samples out. `period` in seconds is how often the source looks by itself. `restarts` counts
    by service how often an instance restarted."""

    def __init__(self, began: float, period: float) -> None:
        self._began = began
        self._tolerated = _PERIODS * period
        self._last: dict[tuple[str, str], tuple[Reading, float]] = {}
        self.restarts: Counter[str] = Counter()

    def take(self, readings: Iterable[Reading], now: float) -> list[Sample]:
        """A sample for each reading that has news; `now` and `began` are of a clock that nobody sets (`time.monotonic`).

        The average over a pause is a true one, so nothing is made up for looks that failed.
        """
        return [sample for reading in readings if (sample := self._sample(reading, now)) is not None]

    def _sample(self, reading: Reading, now: float) -> Sample | None:
        key = reading.service, reading.instance
        before, looked = self._last.get(key, (None, now))
        if before is not None and reading.at == before.at:
            return None  # the kubelet looks at containers when it likes, whoever asks
        self._last[key] = reading, now
        cpu = throttled = None
        if before is not None and (passed := self._passed(reading.at - before.at, now - looked)) > 0:
            cpu = round(self._used(before, reading, passed) / passed, 6)
            throttled = _grown(before.throttled, reading.throttled)
        at = now - reading.old if 0 <= reading.old <= self._tolerated else now
        return Sample(
            reading.service, reading.instance, round(max(0.0, at - self._began), 3), cpu,
            reading.memory, reading.share, throttled,
        )  # fmt: skip

    def _passed(self, theirs: float, ours: float) -> float:
        """Seconds between two readings: as the source says, which knows when it looked, unless its clock was set."""
        return theirs if theirs > 0 and abs(theirs - ours) <= self._tolerated else ours

    def _used(self, before: Reading, after: Reading, passed: float) -> float:
        """CPU seconds between two looks. Of a process that ended in between, its last slice is lost."""
        used = 0.0
        known = anew = False
        for name, part in after.parts.items():
            earlier = before.parts.get(name)
            if earlier is None:
                if part.age is None or part.age <= passed + _BIRTH:
                    used += part.cpu
            elif part.cpu < earlier.cpu:  # began anew under the same name
                used += part.cpu
                anew = True
            else:
                used += part.cpu - earlier.cpu
                known = True
        if anew or not known:
            self.restarts[after.service] += 1
        return used


def _grown(before: float | None, after: float | None) -> float | None:
    if after is None:
        return None
    return round(after if before is None or after < before else after - before, 6)
