"""A session of the page: signed in, live events, a plate by itself, an order with a plate that is cancelled, signed out."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import httpx
from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from devkit.verify.project import Platform

# Seconds.
_SOON = 30


def check(platform: Platform) -> None:
    """Each request needs what the ones before it left: the session, the order, its plate."""
    steering = f"{platform.url('provider-sim')}/sim/clock"
    if platform.private:  # what is printed already cannot be cancelled
        httpx.post(steering, json={"paused": True}, timeout=10).raise_for_status()
    try:
        _session(platform)
    finally:
        if platform.private:
            httpx.post(steering, json={"paused": False}, timeout=10).raise_for_status()


def _session(platform: Platform) -> None:
    gateway = platform.url("gateway")
    columns, rows = random.randint(1, 6), random.randint(7, 12)
    with httpx.Client(base_url=gateway, timeout=20, trust_env=False) as page:
        assert page.get("/api/v1/auth/me").status_code == 401, "somebody is signed in already"
        answer = page.post("/api/v1/auth/dev-login")
        assert answer.status_code == 200, f"signing in is answered with {answer.status_code}"
        email = answer.json()["email"]
        me = page.get("/api/v1/auth/me")
        assert (me.status_code, me.json().get("email")) == (200, email), (
            f"the session is answered with {me.status_code}"
        )
        platform.step("signed in")

        plate = page.post("/api/v1/baseplates", json={"columns": 2, "rows": 2})
        assert plate.status_code == 200, f"a plate is answered with {plate.status_code}"
        platform.step("a plate made")

        address = gateway.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        with connect(address, additional_headers={"Cookie": cookies}, open_timeout=_SOON) as live:
            _enter(live)
            lines = {"line_items[0].sku": f"GF-{columns}x{rows}"}
            sent, _ = platform.webhook("shopify", "orders/create", lines)
            _hear(live)
            platform.step("heard of")

        def order() -> dict[str, Any]:
            listed = page.get("/api/v1/orders", params={"limit": 500})
            assert listed.status_code == 200, f"the list of orders is answered with {listed.status_code}"
            return next((o for o in listed.json()["orders"] if o["shopify_order_id"] == str(sent["id"])), {})

        def model() -> object:
            jobs = [(item["print_job"] or {}) for item in order().get("items", ())]
            return jobs and not {"waiting", "modelling"} & {job.get("status") for job in jobs}

        platform.wait("modelled", model, _SOON)
        known = order()
        cancelled = page.post(f"/api/v1/orders/{known['id']}/cancel")
        assert cancelled.status_code < 300, f"cancelling is answered with {cancelled.status_code}"
        platform.wait(
            "cancelled", lambda: order().get("status") == "cancelled", _SOON, lambda: order().get("status")
        )
        journal = page.get(f"/api/v1/orders/{known['id']}/journal")
        assert journal.status_code == 200, f"the journal is answered with {journal.status_code}"

        page.post("/api/v1/auth/logout")
        after = page.get("/api/v1/auth/me")
        assert after.status_code == 401, f"after signing out the session is answered with {after.status_code}"
        platform.step("signed out")


def _enter(live: ClientConnection) -> None:
    """Socket.IO's handshake."""
    assert str(live.recv(_SOON)).startswith("0"), "Engine.IO does not open"
    live.send("40")
    assert str(live.recv(_SOON)).startswith("40"), "Socket.IO refuses the session"


def _hear(live: ClientConnection) -> None:
    """Waits for an event."""
    until = time.monotonic() + _SOON
    while (left := until - time.monotonic()) > 0:
        packet = str(live.recv(left))
        if packet == "2":
            live.send("3")
        elif packet.startswith("42") and json.loads(packet[2:])[0].startswith("order"):
            return
    raise AssertionError(f"no live event within {_SOON} s")
