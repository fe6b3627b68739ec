"""What a check declares, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from devkit.checks.problem import Fix, Problem
from devkit.findings.model import Severity
from devkit.findings.report import Checked, Result

__all__ = ["Check", "Outcome", "check"]

S = TypeVar("S")
_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, kw_only=True)
class Check(Generic[S]):
    """One check of a subject `S`: a machine, a running platform, a receiver.

    `run` returns what it saw in a few words, or raises Problem, Problems or Skipped; a DevkitError counts as a Problem.
    `about` says in one line what is true when it passes. `after`: checks without whose success this one is not tried.
    `engine`: the engines that it matters to; none named: all. `deadline` in seconds, for one that runs beside others.
    `serial`: it changes something, so it runs alone, after those that do not, for as long as it takes. `early`: `up` asks
    it before it starts anything. `fix` is for problems that name none: a text is advice.

    Raises TypeError or ValueError for an invalid declaration.
    """

    id: str
    about: str
    run: Callable[[S], str]
    after: tuple[str, ...] = ()
    engine: tuple[str, ...] = ()
    deadline: float = 5.0
    serial: bool = False
    early: bool = False
    fix: Fix | str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ValueError(f"id: {self.id!r} is not a name such as docker.running")
        if not isinstance(self.about, str) or not self.about.strip():
            raise ValueError(f"{self.id}: about is empty: say in one line what is true when it passes")
        if not callable(self.run):
            raise TypeError(f"{self.id}: run is not a function")
        for name in ("after", "engine"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or not all(isinstance(each, str) and each for each in value):
                raise TypeError(f"{self.id}: {name} is a tuple of names, not {value!r}")
        if self.id in self.after:
            raise ValueError(f"{self.id}: it cannot come after itself")
        if (
            isinstance(self.deadline, bool)
            or not isinstance(self.deadline, int | float)
            or self.deadline <= 0
        ):
            raise TypeError(f"{self.id}: deadline is a number of seconds, not {self.deadline!r}")
        for name in ("serial", "early"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{self.id}: {name} is True or False, not {getattr(self, name)!r}")
        if self.fix is not None and not isinstance(self.fix, Fix | str):
            raise TypeError(f"{self.id}: fix is a Fix or a text, not {self.fix!r}")

    @property
    def group(self) -> str:
        """What stands before the first dot."""
        return self.id.partition(".")[0]

    def matters_to(self, engine: str | None) -> bool:
        """Whether what it finds counts for that engine."""
        return not self.engine or engine in self.engine


def check(
    id: str,
    about: str | None,
    *,
    after: tuple[str, ...] = (),
    engine: str | tuple[str, ...] = (),
    deadline: float = 5.0,
    serial: bool = False,
    early: bool = False,
    fix: Fix | str | None = None,
) -> Callable[[Callable[[S], str]], Check[S]]:
    """Declares a check where its function is defined; `about` is usually the module's `__doc__`.

    >>> @check("docker.running", __doc__, after=("docker.context",), engine="tilt")
    ... def running(machine: Machine) -> str: ...
    """

    def declared(run: Callable[[S], str]) -> Check[S]:
        return Check(
            id=id, about=first_line(about), run=run, after=after, deadline=deadline, serial=serial, early=early, fix=fix,
            engine=(engine,) if isinstance(engine, str) else engine,
        )  # fmt: skip

    return declared


def first_line(text: str | None) -> str:
    """The first line of a docstring, without its full stop."""
    return (text or "").strip().partition("\n")[0].rstrip(".")


@dataclass(frozen=True)
class Outcome:
    """What came of a check: `problems` when it found any; `skipped` says why it was not carried out, `needless` that there
    was nothing to check. `seconds` is how long it took."""

    check: Check[Any]
    seen: str
    seconds: float
    problems: tuple[Problem, ...] = ()
    skipped: str | None = None
    needless: bool = False

    @property
    def passed(self) -> bool:
        """Whether checks that depend on this one are run."""
        return self.result in (Result.OK, Result.WARNED)

    @property
    def result(self) -> Result:
        """In one word."""
        if self.skipped is not None:
            return Result.SKIPPED
        if any(problem.severity is Severity.ERROR for problem in self.problems):
            return Result.FAILED
        return Result.WARNED if self.problems else Result.OK

    @property
    def detail(self) -> str:
        """What was seen, what is wrong, or why it was skipped."""
        told = "; ".join(problem.message for problem in self.problems)
        return self.skipped if self.skipped is not None else self.seen or told

    def as_checked(self, result: Result | None = None) -> Checked:
        """For a report, in which findings may count for less: `result`."""
        return Checked(self.check.id, self.check.about, result or self.result, self.detail, self.seconds)
