"""What is tried, one state after the other, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["RULES", "Evidence", "Trouble"]

RULES = {
    "before": "the old code passes every flow on its own schema",
    "migrating": "the old code passes every flow while each migration is applied, and on the schema after it",
    "together": "both codes pass every flow together on the new schema, each request and job going to either",
    "after": "the new code passes every flow alone",
    "back": "the old code passes every flow again, on what the new one has written",
}
"""The states by name, in their order, and what is true when one is fine."""


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a state: who (a service of a code, a flow, a migration), where (on which schema), and in which words.
    `migration`: the file of the one after which it did, as a path in the repository."""

    who: str
    where: str
    problem: str
    migration: str = ""


@dataclass
class Evidence:
    """What a proof has brought, by the name of the state: what went wrong, why one was not tried, and what was done in one that
    is fine. `old` and `new` are the codes as people call them."""

    old: str
    new: str
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)

    def skip(self, reasons: Mapping[str, str]) -> None:
        """Why states are not tried; what is known of one already stays."""
        for rule, reason in reasons.items():
            if rule not in self.troubles and rule not in self.done:
                self.skipped.setdefault(rule, reason)
