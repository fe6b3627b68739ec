"""A board with orders in every stage: what a picture of the page shows."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.clone import Clone
from tests.support.demo import until

__all__ = ["fill_board"]


@dataclass(frozen=True)
class _Scene:
    """An order's first item, and the steps of its two prints and of its parcel that are taken by hand."""

    number: str
    title: str
    sku: str
    total: str
    status: str
    prints: tuple[tuple[int, str], ...] = ()
    parcel: tuple[int, ...] = ()


_BOTH_DONE = ((0, "done"), (1, "done"))
_SCENES = (
    _Scene("#2101", "Cable comb", "COMB-24", "48.85", "delivered", _BOTH_DONE, (1, 3, 11)),
    _Scene("#2102", "Gridfinity baseplate 5 × 5", "GF-5x5", "94.85", "shipping", _BOTH_DONE, (1, 3)),
    _Scene("#2103", "Tool holder", "HOLD-T8", "58.85", "failed", ((0, "start"), (0, "fail"))),
    _Scene("#2104", "Gridfinity baseplate 6 × 4", "GF-6x4", "86.40", "printing", ((0, "start"), (1, "done"))),
    _Scene("#2105", "Wall hook", "HOOK-4", "52.80", "printing"),
)


def fill_board(clone: Clone) -> None:
    """Sends the orders and moves each to its stage. The simulator's clock must stand still."""
    for scene in _SCENES:
        first = (f"line_items[0].title={scene.title}", f"line_items[0].sku={scene.sku}")
        clone.buy(scene.number, *first, f"total_price={scene.total}")
    for scene in _SCENES:
        jobs = clone.queued(scene.number)
        for job, step in scene.prints:
            clone.steer(f"jobs/{jobs[job]}/{step}")
    for scene in _SCENES:
        for code in scene.parcel:
            clone.steer(f"parcels/{_parcel(clone, scene.number)}/status/{code}")
    wanted = {(scene.number, scene.status) for scene in _SCENES}
    until(lambda: wanted <= {(o["number"], o["status"]) for o in clone.orders()}, 15, "orders in every stage")
    prints = ["printing", "done"]
    until(
        lambda: [i["print_job"]["status"] for i in clone.order("#2104")["items"]] == prints,
        15,
        "prints of #2104",
    )


def _parcel(clone: Clone, number: str) -> int:
    """The parcel's id at the simulator, once it is there."""

    def found() -> int | None:
        parcels = clone.http.get(f"{clone.simulator}/sim/parcels").json()
        return next((parcel["id"] for parcel in parcels if parcel["order_number"] == number), None)

    return until(found, 15, f"the parcel of {number}") or 0
