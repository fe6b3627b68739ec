"""What has come of one flow: what the journal tells, and what others have of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.operations.contract import Entry

__all__ = ["Outcome", "differences", "outcome"]


@dataclass(frozen=True)
class Outcome:
    """`journal`: service and what it did → how often; `ends`: the newest entry of each thread → of how many; `ledger`: as the
    flow tells it."""

    journal: Mapping[tuple[str, str], int]
    ends: Mapping[tuple[str, str], int]
    ledger: Mapping[str, Any]


def outcome(entries: Sequence[Entry], ledger: Mapping[str, Any]) -> Outcome:
    """Of the entries about one subject, the oldest first."""
    newest = {entry.thread: (entry.service, entry.what) for entry in entries}
    return Outcome(
        Counter((entry.service, entry.what) for entry in entries), Counter(newest.values()), dict(ledger)
    )


def differences(expected: Outcome, found: Outcome, overtaken: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Rule (`lost` or `doubled`) and words for all in which it differs from that of a flow that nobody disturbed. Of steps that
    may be `overtaken` so many are enough."""
    for (service, what), now, then in _differing(expected.journal, found.journal):
        if now > then or now < overtaken.get(what, then):
            yield _rule(now, then), f"the journal has {now} × {service}: {what}, not {then}"
    if expected.journal == found.journal:
        for (service, what), now, then in _differing(expected.ends, found.ends):
            yield _rule(now, then), f"{now} threads of the journal end with {service}: {what}, not {then}"
    for what, now, then in _differing(expected.ledger, found.ledger):
        yield _rule(now, then), f"the flow's ledger has {now} × {what}, not {then}"


def _differing(expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for key in sorted(expected.keys() | found.keys()):
        now, then = found.get(key, 0), expected.get(key, 0)
        if now != then:
            yield key, now, then


def _rule(now: int, then: int) -> str:
    return "doubled" if now > then else "lost"
