"""The observation itself: looks at regular times through the phases, until the end or Ctrl-C."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devkit.base.errors import DevkitError
from devkit.base.schedule import Job, run_jobs
from devkit.resources.load import Load
from devkit.resources.meter import Meter
from devkit.resources.model import LOAD, Observation, Phase, Sample
from devkit.resources.plan import Plan
from devkit.resources.sources.protocol import Look, Source

__all__ = ["Progress", "observe"]

# Looks in a row that may fail before the reason is an error, not a gap.
_FAILURES = 5

Progress = Callable[[str, float, float, Load | None, Sequence[Sample]], None]


@dataclass
class _Seen:
    """What has come together so far."""

    meter: Meter
    samples: list[Sample] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    absent: Mapping[str, str] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)
    failures: int = 0


def observe(
    source: Source, plan: Plan, load: Load | None, *, engine: str, services: Sequence[str], progress: Progress
) -> Observation:
    """Goes through the plan's phases. Ctrl-C ends it early, with what there is. `progress` is called after each look
    with the phase's name, its seconds so far and to be, the load, and the newest samples.

    Raises DevkitError when the first look fails, or several in a row.
    """
    began, start = datetime.now(UTC), time.monotonic()
    seen = _Seen(Meter(start, source.period))
    interrupted = False
    try:
        _look(source, seen, services, first=True)
        for name, seconds in plan.phases:
            begin = time.monotonic() - start
            if name == LOAD and load is not None:
                load.start()
            try:
                _phase(source, plan, seen, services, seconds, lambda *so_far: progress(name, *so_far), load)  # noqa: B023
            finally:
                seen.phases.append(Phase(name, round(begin, 3), round(time.monotonic() - start, 3)))
                if name == LOAD and load is not None:
                    load.stop()
    except KeyboardInterrupt:
        interrupted = True
    return Observation(
        engine=engine,
        source=source.name,
        began=began.isoformat(timespec="seconds"),
        period=source.period,
        cores=os.cpu_count() or 1,
        memory=_machine_memory(),
        phases=tuple(seen.phases) or (Phase(plan.phases[0][0], 0.0, 0.0),),
        samples=tuple(seen.samples),
        sent=load.sent if load is not None else None,
        absent=dict(seen.absent),
        missed=dict(seen.missed),
        restarts=dict(seen.meter.restarts),
        interrupted=interrupted,
    )


def _phase(
    source: Source,
    plan: Plan,
    seen: _Seen,
    services: Sequence[str],
    seconds: float,
    progress: Callable[[float, float, Load | None, Sequence[Sample]], None],
    load: Load | None,
) -> None:
    begin = due = time.monotonic()
    while due < begin + seconds:
        due = min(begin + seconds, max(due + plan.every, time.monotonic()))
        time.sleep(max(0.0, due - time.monotonic()))
        news = _look(source, seen, services)
        progress(time.monotonic() - begin, seconds, load, news)


def _look(source: Source, seen: _Seen, services: Sequence[str], *, first: bool = False) -> list[Sample]:
    """One look, whose deadline holds whatever the source does."""
    found = _ask(source)
    if isinstance(found, DevkitError):
        seen.failures += 1
        if first or seen.failures >= _FAILURES:
            raise found
        seen.missed.update(name for name in services if name not in seen.absent)
        return []
    seen.failures = 0
    # Absent is only what was never seen; what ran and is away for a moment is missed.
    known = {sample.service for sample in seen.samples}
    seen.absent = {name: why for name, why in found.absent.items() if name not in known}
    seen.missed.update(name for name in found.absent if name in known)
    news = seen.meter.take(found.readings, time.monotonic())
    seen.samples += news
    return news


def _ask(source: Source) -> Look | DevkitError:
    def look(_: Mapping[str, Look | DevkitError]) -> Look | DevkitError:
        try:
            return source.look()
        except DevkitError as problem:
            return problem

    late = DevkitError(f"{source.name} did not answer within {source.deadline:g} s")
    job: Job[Look | DevkitError] = Job(source.name, look, source.deadline)
    return run_jobs([job], late=lambda _: late, ended=lambda *_: None)[source.name]


def _machine_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().total)
