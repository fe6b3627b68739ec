"""How long, how much: the phases of an observation from what the command line says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from devkit.base.errors import DevkitError, ExitCode
from devkit.resources.model import IDLE, LOAD, SETTLE, WATCH

__all__ = ["MOST_A_SECOND", "Plan", "make_plan"]

MOST_A_SECOND = 20.0
_MOST_WEBHOOKS = 2000
_RATE = 1.0
# Looks that each phase has by default; a phase is that many periods of its source long, and this many seconds at least.
_LOOKS = {IDLE: (3, 10.0), LOAD: (13, 30.0), SETTLE: (3, 30.0)}


@dataclass(frozen=True)
class Plan:
    """`phases` are (name, seconds); at most so many `webhooks` are sent, at most `rate` a second; `every` is the time
    between looks in seconds."""

    phases: tuple[tuple[str, float], ...]
    webhooks: int
    rate: float
    every: float

    @property
    def seconds(self) -> float:
        """How long all of it takes."""
        return sum(seconds for _, seconds in self.phases)


def make_plan(
    period: float,
    *,
    seconds: float | None,
    webhooks: int | None,
    rate: float | None,
    idle: float | None,
    settle: float | None,
    load: bool,
) -> Plan:
    """The plan for a source that has news every `period` seconds. Two of seconds, webhooks and rate make the third.

    Raises DevkitError (exit 2) for what would be no bounded load.
    """
    if not load and (webhooks is not None or rate is not None):
        raise DevkitError("--no-load sends no webhooks: leave --webhooks and --rate out", exit_code=ExitCode.USAGE)  # fmt: skip
    if seconds is None:
        seconds = webhooks / rate if webhooks and rate else _default(LOAD, period)
    if rate is None:
        rate = webhooks / seconds if webhooks else _RATE
    if rate > MOST_A_SECOND:
        raise DevkitError(
            f"{rate:g} webhooks per second is too much for a platform on one machine",
            fix=f"at most {MOST_A_SECOND:g} per second; ./devkit webhook --times … --rate … sends as many as you like",
            exit_code=ExitCode.USAGE,
        )
    wanted = webhooks if webhooks is not None else max(1, math.floor(seconds * rate))
    if wanted > _MOST_WEBHOOKS:
        raise DevkitError(
            f"{wanted} webhooks are too many", fix=f"at most {_MOST_WEBHOOKS}", exit_code=ExitCode.USAGE
        )
    # Not faster than the source has news, but often enough to miss none of it.
    every = period if period <= 1 else min(2.0, period / 4)
    if not load:
        return Plan(((WATCH, seconds),), 0, 0.0, every)
    phases = (
        (IDLE, _default(IDLE, period) if idle is None else idle),
        (LOAD, seconds),
        (SETTLE, _default(SETTLE, period) if settle is None else settle),
    )
    return Plan(tuple((name, long) for name, long in phases if long > 0), wanted, rate, every)


def _default(phase: str, period: float) -> float:
    looks, least = _LOOKS[phase]
    return max(least, looks * period)
