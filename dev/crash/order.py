"""A customer's order is printed and shipped, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from devkit.verify.project import Platform

# A provider's webhooks come in any order: that a print is done may be heard before that it has begun. Whoever is killed once a
# parcel was announced asks again, and is told of one that is on its way, or delivered, already: the simulator is that fast.
OVERTAKEN = {
    "printing at SimplyPrint": 0,
    "print printing": 0,
    "announced at Sendcloud": 0,
    "parcel announced": 0,
    "order shipping": 0,
    "en_route at Sendcloud": 0,
    "parcel en_route": 0,
}
# The simulator's speed at which a print takes a third of a second.
_SPEED = 1000
_SIDE = 20  # the largest plate: 400 different ones, so that each order needs one that nobody has made
_bought: dict[str, list[str]] = {}


def begin(platform: Platform, number: int) -> str:
    """A customer buys a plate that is made for them and something that is printed from a stored file. The shop tells of it, and
    tells again where it is not answered."""
    sim = platform.url("provider-sim")
    skus = [f"GF-{1 + number % _SIDE}x{1 + number // _SIDE % _SIDE}", f"HOOK-{number}"]
    with httpx.Client(base_url=sim, timeout=20, trust_env=False) as simulator:
        simulator.post("/sim/clock", json={"speed": _SPEED}).raise_for_status()
        placed = simulator.post("/sim/shop/orders", json={"seed": number, "skus": skus})
        placed.raise_for_status()
    order = str(placed.json()["shopify_order_id"])
    _bought[order] = skus
    return order


def ledger(platform: Platform, name: str) -> Mapping[str, Any]:
    """What the printers and the carrier have of it, by their own books, and what the page shows."""
    sim = platform.url("provider-sim")
    with httpx.Client(base_url=platform.url("gateway"), timeout=20, trust_env=False) as page:
        page.post("/api/v1/auth/dev-login").raise_for_status()
        listed = page.get("/api/v1/orders", params={"search": name, "limit": 500})
        listed.raise_for_status()
        orders = [each for each in listed.json()["orders"] if each["shopify_order_id"] == name]
        prints = httpx.get(f"{sim}/sim/jobs", timeout=20).json()
        parcels = httpx.get(f"{sim}/sim/parcels", timeout=20).json()
    plate, stored = _bought[name]
    ours = {order["number"] for order in orders}
    found: dict[str, Any] = {"orders": len(orders)}
    for what, is_it in (
        ("the plate", lambda file: file.startswith(f"{plate}-")),
        ("the stored file", lambda file: file.partition(".")[0] == stored),
    ):
        states = sorted(each["status"] for each in prints if is_it(each["filename"]))
        found |= {f"{state} prints of {what}": states.count(state) for state in set(states)}
    found["parcels"] = sum(each["order_number"] in ours for each in parcels)
    for order in orders:
        found[f"{order['status']} on the page"] = 1
    return found
