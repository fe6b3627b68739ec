"""Why an order is not printed or not shipped yet: what it waits for, and who decides that."""

from __future__ import annotations

from typing import Literal, NamedTuple

from order_service.models import Order
from order_service.status import HELD, NOTHING

__all__ = ["PAID", "REFUNDED", "Waits", "missing_in", "waits"]

PAID = frozenset({"paid", "partially_refunded"})
"""Shopify's `financial_status` of an order whose money is there."""
REFUNDED = frozenset({"refunded", "voided"})
"""And of one whose money never comes, or went back."""

_NEEDED = {"address": "street", "city": "city", "country": "country"}


class Waits(NamedTuple):
    """`code` is for programs, `because` for people.

    `whose` decision it is: the `shop`'s, where nothing is to be done here but to wait for its next webhook; a
    `person`'s; `nobody`'s, since nothing is left to do.
    """

    code: str
    because: str
    whose: Literal["shop", "person", "nobody"]

    @property
    def status(self) -> Literal["waiting", "closed"]:
        """The order's while nothing of it is at work."""
        return "closed" if self.whose == "nobody" else "waiting"


def waits(order: Order) -> Waits | None:
    """What the order waits for; None when it can be printed and shipped, or is."""
    if order.cancelled_at is not None:
        return None
    to_print = [item for item in order.items if item.print_status != NOTHING]
    if order.parcel_requested_at is not None:
        late = ", ".join(f"{item.quantity} × {item.title}" for item in to_print if item.print_status == HELD)
        return Waits("late", f"added after its parcel was made: {late}", "person") if late else None
    if order.unreadable:
        return Waits("unreadable", order.unreadable, "person")
    if order.payment in REFUNDED:
        if to_print:
            return Waits(
                order.payment, f"the payment was {order.payment} when some of it was printed", "person"
            )
        return Waits(order.payment, f"the payment was {order.payment}", "nobody")
    if not to_print:
        return _nothing(order)
    if order.payment not in PAID:
        state = order.payment.replace("_", " ") or "unknown"
        return Waits("payment", f"its payment is {state}", "shop")
    if order.on_hold:
        return Waits("on_hold", "the shop put it on hold", "shop")
    if order.archived:
        return Waits("archived", "the shop archived it before all was fulfilled", "person")
    if missing := missing_in(order.shipping_address):
        return Waits("address", f"no address to ship to: {missing}", "person")
    return None


def missing_in(address: dict[str, str]) -> str | None:
    """What an address lacks for a parcel: `the city is missing`; None when it has all."""
    lacks = [word for field, word in _NEEDED.items() if not address.get(field)]
    if len(lacks) == len(_NEEDED):
        return "there is none"
    return f"the {' and the '.join(lacks)} {'is' if len(lacks) == 1 else 'are'} missing" if lacks else None


def _nothing(order: Order) -> Waits:
    reasons = {item.reason for item in order.items}
    if "fulfilled already" in reasons:
        return Waits("fulfilled", "all of it was fulfilled elsewhere", "nobody")
    if not order.items:
        return Waits("nothing", "it has no lines", "person")
    return Waits(
        "nothing", f"nothing of it is to be printed ({', '.join(sorted(filter(None, reasons)))})", "person"
    )
