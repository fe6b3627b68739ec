"""An order's status, derived from its print jobs and its parcel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

__all__ = ["OPEN_PRINTS", "OrderStatus", "derive"]

OrderStatus = Literal["received", "printing", "printed", "shipping", "delivered", "failed", "cancelled"]

OPEN_PRINTS = frozenset({"waiting", "modelling", "queued", "printing"})
"""Print job states that still lead somewhere."""

_PARCEL: dict[str, OrderStatus] = {"delivered": "delivered", "failed": "failed", "cancelled": "failed"}


def derive(prints: Collection[str], parcel: str | None, cancelled: bool) -> OrderStatus:
    """An order's status.

    A print job that SimplyPrint cancelled leaves an order that nobody cancelled unfinished: it failed.
    """
    if cancelled:
        return "cancelled"
    if parcel is not None:
        return _PARCEL.get(parcel, "shipping")
    if any(state in ("failed", "cancelled") for state in prints):
        return "failed"
    if prints and all(state == "done" for state in prints):
        return "printed"
    if any(state in ("queued", "printing", "done") for state in prints):
        return "printing"
    return "received"
