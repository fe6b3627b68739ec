"""What a run of crash points has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devkit.crash.effects import Point
from devkit.crash.outcome import Outcome

__all__ = ["RULES", "Evidence", "Failure", "Wanted"]

RULES = {
    "flow": "the flow comes to its end when nobody disturbs it",
    "reached": "the points were reached",
    "over": "the flow comes to its end whatever is killed",
    "lost": "nothing is lost",
    "doubled": "nothing is done twice",
}
"""The rules by name, and what is true when one holds."""


@dataclass(frozen=True)
class Wanted:
    """Which points are tried: those that are named (`at`), else those whose text has all of `only`, of them `sample` that
    `seed` draws (None: all). `first`: not beyond the first that fails."""

    at: tuple[Point, ...] = ()
    only: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    first: bool = False


@dataclass(frozen=True)
class Failure:
    """What was wrong after a kill. `rule` is one of RULES."""

    rule: str
    point: Point | None
    what: str


@dataclass
class Evidence:
    """`points` are all that the flow has, `tried` those at which a service was killed, `unreached` those that did not come in
    several flows."""

    flow: str
    file: str
    seed: int
    points: Sequence[Point] = ()
    expected: Outcome | None = None
    tried: list[Point] = field(default_factory=list)
    unreached: list[Point] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
