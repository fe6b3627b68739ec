"""Checks that need what Compose files do not tell: the database, and who else is updating."""

from __future__ import annotations

from devkit.checks import Skipped, check
from devkit.compose.gate.subject import Gate

__all__ = ["pending", "updating"]


@check(
    "gate.migrations",
    "pending migrations only add: the code that runs goes on working",
    after=("gate.docker",),
    deadline=240,
)
def pending(gate: Gate) -> str:
    if gate.migrations is None:
        raise Skipped("nothing is known of this project's migrations")
    return gate.migrations(gate)


@check("gate.updating", "nobody else is updating the project", after=("gate.docker",), deadline=60)
def updating(gate: Gate) -> str:
    if gate.holder is None:
        raise Skipped("nothing here takes a lock")
    return gate.holder(gate)
