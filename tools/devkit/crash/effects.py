"""What a service does to others, and the moments at which it is killed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

__all__ = ["Effect", "Kind", "Point", "Side", "Struck", "Tap", "plain"]

Kind = Literal["commit", "redis", "call", "answer"]
"""A transaction of Postgres, a command of Redis, a request to another service or provider, an answer to one."""
Side = Literal["before", "after"]
"""Before it is done, or when it is and the service does not know. An answer is made by then: it is lost (`before`)."""

_POINT = re.compile(r"(\S+) (\w+) (.+?)(?: #(\d+))? (before|after)")
# Parts of a key or a path that differ from one order to the next: ids, numbers, tokens.
_VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_-]*\d[A-Za-z0-9_-]{15,}|(?<![A-Za-z])\d+"
)


@dataclass(frozen=True, order=True)
class Effect:
    """`what` it does, without anything that differs from one order to the next."""

    service: str
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.service} {self.kind} {self.what}"


@dataclass(frozen=True, order=True)
class Point:
    """The `nth` time, from 1, that a flow has this effect, on one of its sides.

    >>> str(Point(Effect("shop", "commit", "insert orders"), 2, "after"))
    'shop commit insert orders #2 after'
    """

    effect: Effect
    nth: int
    side: Side

    def __str__(self) -> str:
        number = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.effect}{number} {self.side}"

    @classmethod
    def parse(cls, text: str) -> Point:
        """The reverse of `str`. Raises ValueError for anything else."""
        found = _POINT.fullmatch(text.strip())
        if not found or found[2] not in get_args(Kind):
            raise ValueError(
                f"{text!r} is no point: SERVICE {'|'.join(get_args(Kind))} WHAT [#N] before|after"
            )
        service, kind, what, nth, side = found.groups()
        return cls(Effect(service, kind, what), int(nth or 1), side)  # type: ignore[arg-type]


class Struck(Exception):
    """The process at one end of a connection was killed just now: the connection ends."""


class Tap(Protocol):
    """Hears of effects while they are held."""

    async def before(self, effect: Effect) -> int:
        """It is about to be done. Returns which one it is, from 1. Raises Struck."""

    async def after(self, effect: Effect, nth: int | None) -> None:
        """It is done, and its service has not heard of it. `nth` is None where nobody could say that it would be one.

        Raises Struck.
        """

    def is_uncertain(self, effect: Effect) -> bool:
        """Of what is done outside of a transaction: whether it is tried also when there is nothing to do, so that only its
        answer tells."""


def plain(text: str) -> str:
    """A key or a path, its varying parts as `*`."""
    return _VARYING.sub("*", text)
