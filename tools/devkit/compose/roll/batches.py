"""What comes next in a service's roll, given how many copies are new and how many are old."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.compose.roll.plan import Policy

__all__ = ["Make", "Retire", "next_step"]


@dataclass(frozen=True)
class Make:
    """So many new copies are brought into service."""

    count: int


@dataclass(frozen=True)
class Retire:
    """So many old copies leave."""

    count: int


def next_step(policy: Policy, copies: int, old: int, new: int) -> Make | Retire | None:
    """The next step on the way from `old` running copies to `copies` new ones; None at the end.

    With start-first there are never fewer than there are to be, with stop-first never more.
    """
    left = copies - new
    if old > max(left, 0):
        return Retire(old - max(left, 0))
    if left <= 0:
        return None
    batch = policy.batch(left)
    if policy.order == "stop-first" and old > left - batch:
        return Retire(old - (left - batch))
    return Make(batch)
