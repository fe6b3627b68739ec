"""Values that fit what was seen, by rules of thumb that docs/resources.md gives with their sources.

CPU request     p95 × 1.15, up to the next 25m, at least 25m
CPU limit       max × 2, up to the next 50m, at least 100m (staging's column only: development has none)
memory request  p95 × 1.15, up to the next 16Mi, at least 32Mi
memory limit    max × 1.5, up to the next 64Mi, at least 64Mi; twice that for what reloads in development
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from devkit.model import Resources, Service
from devkit.resources.figures import Figures, Use
from devkit.table.quantity import parse_quantity

__all__ = [
    "FEW",
    "MARGIN",
    "Column",
    "amounts",
    "as_cores",
    "as_memory",
    "is_thin",
    "is_wasteful",
    "propose",
    "to_change",
    "written",
]

MEBI = 2**20
MARGIN = 1.15  # the Vertical Pod Autoscaler's --recommendation-margin-fraction
_BURST = 2.0
_ROOM = 1.5
_RELOAD = 2.0
FEW = 15  # fewer samples than that, and p95 is hardly more than the largest

Column = str  # "development" or "staging"
# A request is only called too large when it is so many times what is proposed, and by so much.
_WASTE, _WASTED = 2.0, {"cpu": Decimal("0.05"), "memory": Decimal(64 * MEBI)}


@dataclass(frozen=True, slots=True)
class _Steps:
    step: int
    least: int


_CPU_REQUEST, _CPU_LIMIT = _Steps(25, 25), _Steps(50, 100)
_MEMORY_REQUEST, _MEMORY_LIMIT = _Steps(16, 32), _Steps(64, 64)


def propose(service: Service, use: Use, column: Column) -> Resources:
    """Requests and limits for one service, as Kubernetes quantities; empty where there is no sample."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    if use.cpu is not None:
        requests["cpu"] = f"{_up(use.cpu.p95 * MARGIN * 1000, _CPU_REQUEST)}m"
        if column == "staging":
            limits["cpu"] = f"{_up(use.cpu.maximum * _BURST * 1000, _CPU_LIMIT)}m"
    if use.memory is not None:
        requests["memory"] = _mebi(_up(use.memory.p95 * MARGIN / MEBI, _MEMORY_REQUEST))
        # A reload starts the new process before the old one has ended.
        reloads = column == "development" and service.type.measured.reload_overlaps
        room = _ROOM * (_RELOAD if reloads else 1)
        limits["memory"] = _mebi(_up(use.memory.maximum * room / MEBI, _MEMORY_LIMIT))
    return Resources(requests=requests, limits=limits)


def to_change(now: Resources, proposed: Resources, lowered: Collection[str] = ("cpu", "memory")) -> Resources:
    """The part of a proposal that is worth a change of `now`.

    Requests go up when they are below it; those in `lowered` go down too, when much is set aside for nothing. Limits only
    go up: lowering one frees nothing, since a node sets requests aside.
    """
    requests = {
        what: amount
        for what, amount in proposed.requests.items()
        if _is_below(now.requests.get(what), amount)
        or (what in lowered and is_wasteful(what, now.requests.get(what), amount))
    }
    limits = {
        what: amount
        for what, amount in proposed.limits.items()
        if what in now.limits and _is_below(now.limits[what], amount)
    }
    return Resources(requests=requests, limits=limits)


def is_wasteful(what: str, now: str | None, proposed: str) -> bool:
    """Whether a request of `now` sets much more aside than the one proposed."""
    if now is None:
        return False
    has, enough = parse_quantity(now), parse_quantity(proposed)
    return has > enough * Decimal(_WASTE) and has - enough >= _WASTED[what]


def amounts(values: Mapping[str, str]) -> dict[str, float]:
    """Cores and bytes."""
    return {what: float(parse_quantity(text)) for what, text in values.items()}


def written(values: Mapping[str, str]) -> str:
    """As the table has it: `{cpu: 250m, memory: 256Mi}`."""
    return f"{{{', '.join(f'{what}: {amount}' for what, amount in values.items())}}}"


def as_cores(value: float) -> str:
    """Whole thousandths, `<1m` below one."""
    return f"{round(value * 1000)}m" if value >= 0.0005 or value == 0 else "<1m"


def as_memory(value: float) -> str:
    """Whole MiB."""
    return f"{round(value / MEBI)}Mi"


def is_thin(figures: Figures | None) -> bool:
    """Whether there are too few samples for the proposal to be more than a guess."""
    return figures is None or figures.count < FEW


def _is_below(now: str | None, proposed: str) -> bool:
    return now is None or parse_quantity(now) < parse_quantity(proposed)


def _up(value: float, steps: _Steps) -> int:
    return max(steps.least, math.ceil(value / steps.step - 1e-9) * steps.step)


def _mebi(value: int) -> str:
    return f"{value // 1024}Gi" if value % 1024 == 0 else f"{value}Mi"
