"""What a check may say: one problem or several, each with its fix, or why it was skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from devkit.findings.model import Finding, Place, Severity

__all__ = ["Fix", "NotRecorded", "Problem", "Problems", "Skipped", "note", "warning"]


@dataclass(frozen=True)
class Fix:
    """What `--fix` does about a problem.

    `command` is how a person would do it. `apply` does it on the subject of the check, and raises DevkitError when it
    cannot; None: only a person can (it needs root, or a decision). `effect` names what else happens: a restart.
    """

    command: str
    apply: Callable[[Any], None] | None = None
    effect: str = ""


class Problem(Exception):
    """One thing that is wrong.

    `message` says what and, as far as it is known, why; `advice` what to do about it, in the imperative (default: the fix's
    command; `mend` is its name in checks from before 2026-12). `part` makes the finding's id finer: `ports.platform` + `stock`. `seen` is what the check saw all the same.
    None of them may hold a secret.
    """

    def __init__(
        self,
        message: str,
        advice: str | None = None,
        *,
        severity: Severity = Severity.ERROR,
        fix: Fix | None = None,
        place: Place | None = None,
        link: str | None = None,
        part: str | None = None,
        seen: str = "",
        mend: str | None = None,
    ) -> None:
        advice = advice or mend
        super().__init__(message)
        self.message = message
        self.advice = advice or (fix.command if fix else None)
        self.severity = severity
        self.fix = fix
        self.place = place
        self.link = link
        self.part = part
        self.seen = seen

    @classmethod
    def of(cls, finding: Finding, *, severity: Severity | None = None) -> Problem:
        """A finding of a table, a file or the secrets, as a check's problem: `table.unknown-key` is its part `unknown-key`."""
        part = finding.id.partition(".")[2] or None
        return cls(
            finding.message,
            finding.fix,
            severity=severity or finding.severity,
            place=finding.place,
            part=part,
        )

    def as_finding(self, id: str) -> Finding:
        """The problem as a check of that id found it."""
        name = f"{id}.{self.part}" if self.part else id
        return Finding(name, self.severity, self.message, self.place, self.advice, self.link)

    def changed(self, **changes: Any) -> Problem:
        """The same problem with some of its attributes changed."""
        names = ("message", "advice", "severity", "fix", "place", "link", "part", "seen")
        return Problem(**{name: getattr(self, name) for name in names} | changes)

    def cleaned(self, clean: Callable[[str], str]) -> Problem:
        """The same problem with every text passed through `clean`, which takes secrets out."""
        fix = self.fix and replace(self.fix, command=clean(self.fix.command), effect=clean(self.fix.effect))
        advice = clean(self.advice) if self.advice else None
        return self.changed(message=clean(self.message), advice=advice, fix=fix, seen=clean(self.seen))


def warning(
    message: str, advice: str | None = None, *, fix: Fix | None = None, place: Place | None = None,
    link: str | None = None, part: str | None = None,
) -> Problem:  # fmt: skip
    """A problem that does not stop the platform."""
    return Problem(message, advice, severity=Severity.WARNING, fix=fix, place=place, link=link, part=part)


def note(
    message: str, advice: str | None = None, *, fix: Fix | None = None, place: Place | None = None,
    link: str | None = None, part: str | None = None,
) -> Problem:  # fmt: skip
    """Something worth knowing."""
    return Problem(message, advice, severity=Severity.NOTE, fix=fix, place=place, link=link, part=part)


class Problems(Exception):
    """Several things that are wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class Skipped(Exception):
    """Why there is nothing to check here."""


class NotRecorded(Exception):
    """A fact that a recorded machine does not have, so that nothing can be said. `fact` is its name."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"not recorded: {fact}")
        self.fact = fact
