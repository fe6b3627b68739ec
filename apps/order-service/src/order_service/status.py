"""An order's status, derived from its print jobs, its parcel and what it waits for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

__all__ = ["BEGUN", "HELD", "LANES", "NOTHING", "OPEN_PRINTS", "Lane", "OrderStatus", "derive", "lane_of"]

OrderStatus = Literal[
    "received", "waiting", "printing", "printed", "shipping", "delivered", "failed", "cancelled", "closed"
]
"""`waiting`: for its payment, or for a person. `closed`: nothing is to be done, since others did it or it was refunded."""

Lane = Literal["person", "received", "printing", "shipping", "delivered", "stopped"]
"""Of the board; `person`: somebody must decide."""

LANES: tuple[Lane, ...] = get_args(Lane)

_LANES: dict[OrderStatus, Lane] = {
    "received": "received",
    "waiting": "received",
    "printing": "printing",
    "printed": "shipping",
    "shipping": "shipping",
    "delivered": "delivered",
    "failed": "person",
    "cancelled": "stopped",
    "closed": "stopped",
}

NOTHING = "none"
"""Print job state of a line that is nothing to print, or is no longer."""
HELD = "held"
"""Print job state of what will be printed once the order waits for nothing."""
OPEN_PRINTS = frozenset({"waiting", "modelling", "queued", "printing"})
"""Print job states that still lead somewhere."""
BEGUN = OPEN_PRINTS | {"done", "failed", "cancelled"}
"""Print job states of a job that there is."""

_PARCEL: dict[str, OrderStatus] = {"delivered": "delivered", "failed": "failed", "cancelled": "failed"}


def derive(
    prints: Collection[str],
    parcel: str | None,
    cancelled: bool,
    waits: Literal["waiting", "closed"] | None = None,
) -> OrderStatus:
    """An order's status; `waits` is what it is while nothing of it is at work.

    A print job that SimplyPrint cancelled leaves an order that nobody cancelled unfinished: it failed.
    """
    if cancelled:
        return "cancelled"
    if parcel is not None:
        return _PARCEL.get(parcel, "shipping")
    begun = [state for state in prints if state in BEGUN]
    if any(state in ("failed", "cancelled") for state in begun):
        return "failed"
    if waits and not any(state in OPEN_PRINTS for state in begun):
        return waits
    if begun and all(state == "done" for state in begun):
        return "printed"
    if any(state in ("queued", "printing", "done") for state in begun):
        return "printing"
    return "received"


def lane_of(status: OrderStatus, a_person_decides: bool) -> Lane:
    """The lane of an order; `a_person_decides` what it waits for."""
    return "person" if a_person_decides and status != "cancelled" else _LANES[status]
