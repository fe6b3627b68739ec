"""A finding is data: where, how bad, what is wrong, and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Place", "Severity", "worst_first"]


class Severity(Enum):
    """How bad a finding is; only an error makes a command fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A point in a file. `line` and `column` count from 1; 0 means the file as a whole, or what is no file: a name in the DNS."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    `id` is stable (`table.unknown-key`) so that it can be searched for and suppressed;
    `fix` says what to do about it, in the imperative; `link` where to read more, an address or a file of the clone.
    """

    id: str
    severity: Severity
    message: str
    place: Place | None = None
    fix: str | None = None
    link: str | None = None


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes; within each by place."""
    return sorted(findings, key=lambda f: (_ORDER[f.severity], f.place or Place(""), f.id, f.message))
