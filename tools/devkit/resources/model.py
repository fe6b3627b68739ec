"""An observation as data: readings of counters on the way in, samples and phases on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["IDLE", "LOAD", "SETTLE", "WATCH", "Observation", "Part", "Phase", "Reading", "Sample", "Sent"]

IDLE, LOAD, SETTLE, WATCH = "idle", "load", "settle", "watch"


@dataclass(frozen=True, slots=True)
class Part:
    """What one process or container has used since it began, in CPU seconds. `age`: how many seconds ago that was, if it
    is known."""

    cpu: float
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at an instance of a service: a process tree, a pod's container, a container.

    `at` is the source's own clock, in seconds: it may be set at any time, and be wrong. `old`: how many seconds ago that
    was, as far as can be told. `parts` are its counters by an id that is never used again.
    `memory` in bytes is what a container of its own is charged with (the working set). `share` in bytes is what is left
    of that when pages that others use too are divided among them; None where nothing is shared. `throttled` are the
    seconds that the kernel has held it back at its CPU limit; None where the source does not say.
    """

    service: str
    instance: str
    at: float
    parts: Mapping[str, Part]
    memory: int
    share: int | None = None
    throttled: float | None = None
    old: float = 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Use of an instance up to `at`, in seconds since the observation began. `cpu` in cores, on average since the sample
    before; None for the first one. `throttled` in seconds since the sample before."""

    service: str
    instance: str
    at: float
    cpu: float | None
    memory: int
    share: int | None = None
    throttled: float | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the observation, in seconds since it began."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The webhooks that were put in: at most `rate` a second; `results` counts answers by status or problem."""

    topics: tuple[str, ...]
    rate: float
    accepted: int
    results: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many were answered, or failed."""
        return sum(self.results.values())


@dataclass(frozen=True)
class Observation:
    """Everything that was seen. `engine` is local, tilt or compose; `source` what was asked, and `period` how often that
    has news (seconds). `absent` says why a service was not seen; `missed` counts looks at which one that runs was missing;
    `began` is the date and time in UTC (ISO 8601), `cores` and `memory` (bytes) are the machine's."""

    engine: str
    source: str
    began: str
    period: float
    cores: int
    memory: int
    phases: tuple[Phase, ...]
    samples: tuple[Sample, ...]
    sent: Sent | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False

    def phase_of(self, at: float) -> str:
        """The name of the phase that a moment is in."""
        return next((phase.name for phase in self.phases if at <= phase.end), self.phases[-1].name)
