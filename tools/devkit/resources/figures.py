"""Samples boiled down to what is compared: percentiles by service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devkit.resources.model import IDLE, Observation, Sample
from devkit.webhooks.deliver import percentile

__all__ = ["Figures", "Use", "figures", "uses"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Nearest-rank percentiles of `count` values, and the median before any load (`idle`, None without such a phase)."""

    count: int
    p50: float
    p95: float
    maximum: float
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What one service used. `cpu` in cores, `memory` in bytes, of one instance; None when there is no sample.

    `share` (bytes) is the largest with pages divided among those that share them; `throttled` the seconds for which the
    kernel held it back; None where the source does not say.
    """

    service: str
    instances: int
    cpu: Figures | None
    memory: Figures | None
    share: int | None = None
    throttled: float | None = None
    missed: int = 0
    restarts: int = 0


def uses(found: Observation, services: Sequence[str]) -> list[Use]:
    """One for each service that was seen, in the order of `services`."""
    by_service: dict[str, list[Sample]] = {name: [] for name in services}
    for sample in found.samples:
        if sample.service in by_service:
            by_service[sample.service].append(sample)
    return [_use(found, name, samples) for name, samples in by_service.items() if samples]


def _use(found: Observation, service: str, samples: list[Sample]) -> Use:
    calm = [sample for sample in samples if found.phase_of(sample.at) == IDLE]
    # From the first order to the end of settling, since the order's way goes on when the last one is in.
    busy = [sample for sample in samples if found.phase_of(sample.at) != IDLE] or samples
    throttled = [sample.throttled for sample in samples if sample.throttled is not None]
    return Use(
        service,
        len({sample.instance for sample in samples}),
        figures([s.cpu for s in busy if s.cpu is not None], [s.cpu for s in calm if s.cpu is not None]),
        figures([float(s.memory) for s in busy], [float(s.memory) for s in calm]),
        max((s.share for s in busy if s.share is not None), default=None),
        sum(throttled) if throttled else None,
        found.missed.get(service, 0),
        found.restarts.get(service, 0),
    )


def figures(busy: list[float], calm: Sequence[float] = ()) -> Figures | None:
    """None for no values."""
    if not busy:
        return None
    idle = percentile(list(calm), 50) if calm else None
    return Figures(len(busy), percentile(busy, 50), percentile(busy, 95), max(busy), idle)
