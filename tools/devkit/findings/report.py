"""What a command that looks for problems found, whole: its checks, their findings, and those that are suppressed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from devkit.findings.former_ids import current_id
from devkit.findings.model import Finding, Place, Severity, worst_first

__all__ = ["Checked", "FixResult", "Fixed", "Report", "Result", "Suppressed", "Suppression", "suppress"]


class Result(Enum):
    """How a check ended. `failed`: an error is among its findings; `warned`: it has others."""

    OK = "ok"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check that was asked for. `detail` is what it saw, or why it was skipped; `seconds` how long it took."""

    id: str
    about: str
    result: Result
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding that does not count until a day: by its id, or by the beginning of it up to a dot."""

    id: str
    reason: str
    until: date
    place: Place

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding, whatever day it is."""
        id = current_id(self.id)
        return finding.id == id or finding.id.startswith(f"{id}.")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that does not count, and why."""

    finding: Finding
    by: Suppression


class FixResult(Enum):
    """What became of a fix. `fixed`: the check passes now; `remains`: the fix was applied, and the check does not pass."""

    FIXED = "fixed"
    REMAINS = "remains"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fix that was tried for the finding `id`: `command` is how a person would have done it."""

    id: str
    command: str
    result: FixResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`command` is what was called (`doctor`), `engine` what it was about, `seconds` how long it took."""

    command: str
    findings: tuple[Finding, ...]
    checks: tuple[Checked, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    engine: str | None = None
    seconds: float = 0.0
    fixable: tuple[str, ...] = ()  # ids of findings that --fix can fix
    fixes: tuple[Fixed, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether anything found is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings are that bad."""
        return sum(finding.severity is severity for finding in self.findings)


def suppress(
    findings: Iterable[Finding], suppressions: Sequence[Suppression], today: date
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """What counts, worst first, and what does not. A suppression holds through its last day; after it the finding counts
    again, and the suppression itself is a warning as long as it has anything to say."""
    counting: list[Finding] = []
    silent: list[Suppressed] = []
    outlived: dict[Suppression, None] = {}
    for finding in findings:
        about = [each for each in suppressions if each.covers(finding)]
        valid = next((each for each in about if each.until >= today), None)
        if valid is not None:
            silent.append(Suppressed(finding, valid))
            continue
        counting.append(finding)
        outlived.update(dict.fromkeys(about))
    for each in outlived:
        counting.append(
            Finding(
                "suppress.expired",
                Severity.WARNING,
                f"{each.id} was suppressed until {each.until.isoformat()} ({each.reason}); it counts again",
                each.place,
                "fix it, or give it a later date",
            )
        )
    return tuple(worst_first(counting)), tuple(silent)
