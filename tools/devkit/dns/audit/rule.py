"""A rule: a function over what was seen that yields what violates it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from devkit.checks import Problem
from devkit.dns.ask import TIME_UP
from devkit.dns.model import Server, Survey
from devkit.findings.model import Place, Severity

__all__ = ["Audit", "Demands", "Rule", "found", "listed", "more_time", "rule", "whereabouts"]


@dataclass(frozen=True)
class Demands:
    """What is asked of the names. `expected` are the addresses they are to have (none: not known); `because` says who says
    so. `ttl` and `negative_ttl` in seconds."""

    ttl: int = 60
    negative_ttl: int = 300
    days: int = 21
    issuer: str = "letsencrypt.org"
    expected: frozenset[str] = frozenset()
    because: str = ""

    @property
    def soon(self) -> timedelta:
        return timedelta(days=self.days)


@dataclass(frozen=True)
class Audit:
    """What the rules look at."""

    survey: Survey
    demands: Demands


Look = Callable[[Audit], Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """`about` says what is true when nothing violates it; `seen` what was seen, in a few words."""

    name: str
    about: str
    look: Look
    seen: Callable[[Audit], str]


def _count(audit: Audit) -> str:
    number = len(audit.survey.lookups)
    return f"{number} name{'s' * (number != 1)}"


def rule(
    name: str,
    about: str,
    *,
    seen: Callable[[Audit], str] = _count,
) -> Callable[[Look], Rule]:
    """Declares a rule where its function is defined."""
    return lambda look: Rule(name, about, look, seen)


def found(place: str, message: str, fix: str, severity: Severity = Severity.ERROR) -> Problem:
    """A problem at a place in the DNS."""
    return Problem(message, fix, severity=severity, place=Place(place))


def more_time(trouble: str, otherwise: str) -> str:
    """The fix of a trouble: more time, where that was short."""
    return "give it more time: --deadline SECONDS" if TIME_UP in trouble else otherwise


def whereabouts(name: str, servers: Iterable[Server], all_of: Iterable[Server]) -> tuple[str, str]:
    """The place of what some of the servers say of a name, and the words for which: `name @server` where it is one alone, or
    the name, and `at both servers`."""
    some, every = sorted(servers), sorted(all_of)
    if some == every:
        return name, " at both servers" if len(every) == 2 else f" at all {len(every)} servers" if len(
            every
        ) > 2 else ""
    if len(some) == 1:
        return f"{name} @{some[0]}", ""
    return name, f" at {listed(map(str, some))}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last
