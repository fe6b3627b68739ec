"""What a check is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devkit.engines.site import Site
from devkit.findings.model import Finding, Severity
from devkit.findings.report import Checked, Result

__all__ = ["Check", "Outcome"]


@dataclass(frozen=True)
class Check:
    """One check. `run` returns what it saw, or raises Failed, Skipped (`devkit.types.ask`) or DevkitError.

    `changes`: it changes something of the platform, so it runs alone. `after`: a check without whose success this one
    has no chance. `deadline` in seconds. `port`: the one that it asks, as in the table.
    """

    id: str
    group: str
    service: str | None
    about: str
    run: Callable[[Site], str]
    changes: bool = False
    after: str | None = None
    deadline: float = 30.0
    port: int | None = None

    def described(self, offset: int = 0) -> str:
        """What it looks at, where ports are `offset` above the table's."""
        return f"port {self.port + offset}: {self.about}" if self.port else self.about


@dataclass(frozen=True)
class Outcome:
    """What came of a check. `seconds` is how long it took."""

    check: Check
    result: Result
    detail: str
    seconds: float
    mend: str | None = None

    def as_checked(self, offset: int = 0) -> Checked:
        """For a report."""
        return Checked(self.check.id, self.check.described(offset), self.result, self.detail, self.seconds)

    def as_finding(self) -> Finding:
        """The failure as a finding."""
        return Finding(self.check.id, Severity.ERROR, self.detail, None, self.mend)
