"""Counters that only grow, turned into what is used a second: across restarts, new children and pauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from devkit.resources.model import Reading, Sample

__all__ = ["Meter"]

# A process's birth is known to about a second: the kernel counts it from a boot time in whole seconds.
_BIRTH = 1.5
# A source's clock that is further away (a virtual machine after the host slept) says nothing about when.
_CLOCK = 60.0


class Meter:
    """Takes readings in, gives samples out. `restarts` counts by service how often an instance restarted."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._last: dict[tuple[str, str], Reading] = {}
        self.restarts: Counter[str] = Counter()

    def take(self, readings: Iterable[Reading], now: float) -> list[Sample]:
        """A sample for each reading that has news; `now` is this machine's clock (seconds since the epoch).

        The average over a pause is a true one, so nothing is made up for looks that failed.
        """
        return [sample for reading in readings if (sample := self._sample(reading, now)) is not None]

    def _sample(self, reading: Reading, now: float) -> Sample | None:
        key = reading.service, reading.instance
        before = self._last.get(key)
        if before is not None and reading.at <= before.at:
            return None  # the kubelet looks at containers when it likes, whoever asks
        self._last[key] = reading
        cpu = throttled = None
        if before is not None:
            cpu = round(self._used(before, reading) / (reading.at - before.at), 6)
            throttled = _grown(before.throttled, reading.throttled)
        at = reading.at if abs(reading.at - now) < _CLOCK else now
        return Sample(
            reading.service, reading.instance, round(max(0.0, at - self._began), 3), cpu,
            reading.memory, reading.share, throttled,
        )  # fmt: skip

    def _used(self, before: Reading, after: Reading) -> float:
        """CPU seconds between two looks. Of a process that ended in between, its last slice is lost."""
        used = 0.0
        known = anew = False
        for name, part in after.parts.items():
            earlier = before.parts.get(name)
            if earlier is None:
                if part.born is None or part.born >= before.at - _BIRTH:
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
