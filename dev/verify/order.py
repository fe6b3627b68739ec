"""A Shopify order is printed and shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from devkit.verify.project import Platform


# Seconds. At SIM_SPEED 20 a print takes 18 s and a parcel's step 6 s.
_SOON, _PRINTS, _SHIPS = 30, 180, 60
# Where nobody watches: a print takes a third of a second.
_FULL_SPEED = 1000


def check(platform: Platform) -> None:
    """Sends the webhook and follows the order as the page does."""
    steering = f"{platform.url('provider-sim')}/sim/clock"
    if platform.private:
        httpx.post(steering, json={"speed": _FULL_SPEED}, timeout=10).raise_for_status()
    clock = httpx.get(steering, timeout=10).json()
    assert clock["speed"] * (not clock["paused"]), (
        "the simulator's clock stands still, so nothing is printed (docs/webhooks.md says how to start it)"
    )
    with httpx.Client(base_url=platform.url("gateway"), timeout=20, trust_env=False) as page:
        answer = page.post("/api/v1/auth/dev-login")
        assert answer.status_code == 200, f"signing in is answered with {answer.status_code}"
        sent, _ = platform.webhook("shopify", "orders/create")
        platform.step("accepted")

        def order() -> dict[str, Any]:
            listed = page.get("/api/v1/orders", params={"limit": 500})
            assert listed.status_code == 200, f"the list of orders is answered with {listed.status_code}"
            found = [o for o in listed.json()["orders"] if o["shopify_order_id"] == str(sent["id"])]
            return found[0] if found else {}

        def status() -> str:
            return str(order().get("status", "not there"))

        def jobs() -> list[str]:
            jobs = [item["print_job"]["status"] for item in order()["items"]]
            assert not {"failed", "cancelled"} & set(jobs), f"print jobs are {', '.join(jobs)}"
            return jobs

        platform.wait("in the API", order, _SOON)
        platform.wait(
            "queued at the printers", lambda: not {"waiting", "modelling"} & set(jobs()), _SOON, jobs
        )
        platform.wait("printed", lambda: set(jobs()) == {"done"}, _PRINTS, jobs)
        platform.wait("shipping", lambda: status() in ("shipping", "delivered"), _SHIPS, status)
        platform.wait(
            "announced to the carrier",
            lambda: (order().get("parcel") or {}).get("tracking_number"),
            _SHIPS,
            status,
        )
