"""What a check is, what it may say, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devkit.findings.model import Finding, Place, Severity

if TYPE_CHECKING:
    from devkit.doctor.machine import Machine

__all__ = ["Check", "Fix", "NotNeeded", "Outcome", "Problem", "Problems", "note", "warning"]


@dataclass(frozen=True)
class Fix:
    """What `--fix` does about a problem.

    `command` is how a person would do it. `apply` does it, and says what it did by raising DevkitError when it could not;
    None: it is for the person alone (it needs root, or a decision). `effect` names what else happens: a restart.
    """

    command: str
    apply: Callable[[Machine], None] | None = None
    effect: str = ""


class Problem(Exception):
    """One thing that is wrong.

    `message` says what and, as far as it is known, why; `mend` what to do (unless told, the fix's command). `part` makes
    the finding's id finer: `ports.platform` + `stock`. Neither may hold a secret.
    """

    def __init__(
        self,
        message: str,
        mend: str | None = None,
        *,
        severity: Severity = Severity.ERROR,
        fix: Fix | None = None,
        place: Place | None = None,
        link: str | None = None,
        part: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend or (fix.command if fix else None)
        self.severity = severity
        self.fix = fix
        self.place = place
        self.link = link
        self.part = part

    def as_finding(self, id: str) -> Finding:
        """The problem as a check of that id found it."""
        name = f"{id}.{self.part}" if self.part else id
        return Finding(name, self.severity, self.message, self.place, self.mend, self.link)


def warning(
    message: str, mend: str | None = None, *, fix: Fix | None = None, place: Place | None = None,
    link: str | None = None, part: str | None = None,
) -> Problem:  # fmt: skip
    """A problem that does not stop anybody."""
    return Problem(message, mend, severity=Severity.WARNING, fix=fix, place=place, link=link, part=part)


def note(
    message: str, mend: str | None = None, *, fix: Fix | None = None, place: Place | None = None,
    link: str | None = None, part: str | None = None,
) -> Problem:  # fmt: skip
    """Something worth knowing."""
    return Problem(message, mend, severity=Severity.NOTE, fix=fix, place=place, link=link, part=part)


class Problems(Exception):
    """Several things that are wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class NotNeeded(Exception):
    """Why there is nothing to check on this machine."""


@dataclass(frozen=True)
class Check:
    """One check. `run` returns what it saw, or raises Problem, Problems or NotNeeded; DevkitError counts as a Problem.

    `after`: checks without whose success this one has no chance. `engine`: the only one that needs it. `deadline` in
    seconds. `early`: `up` asks it first.
    """

    id: str
    about: str
    run: Callable[[Machine], str]
    after: tuple[str, ...] = ()
    engine: str | None = None
    deadline: float = 5.0
    early: bool = False

    @property
    def group(self) -> str:
        """What stands before the first dot."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Outcome:
    """What came of a check: `problems` when it found any; `skipped` says why it was not carried out. `seconds` it took."""

    check: Check
    seen: str
    seconds: float
    problems: tuple[Problem, ...] = ()
    skipped: str | None = None
    needless: bool = False

    @property
    def holds(self) -> bool:
        """Whether checks that build on this one have a chance."""
        return self.skipped is None and all(p.severity is not Severity.ERROR for p in self.problems)
