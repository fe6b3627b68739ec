"""The seed of what is sent, and whether more than ids and times follows from it."""

from __future__ import annotations

from random import SystemRandom
from typing import Annotated

import typer

__all__ = ["NoVarietyOption", "new_seed"]

# Short enough to be typed again, many enough that two orders hardly share one.
_SEEDS = 10**9

NoVarietyOption = Annotated[
    bool,
    typer.Option(
        "--no-variety", help="Keep the example's customer, basket and sums; only ids and times are new."
    ),
]


def new_seed() -> int:
    """One that nobody chose."""
    return SystemRandom().randrange(_SEEDS)
