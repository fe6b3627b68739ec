"""Every service is restarted under steady load, two replicas each, behind its Service: nobody's request fails, no page misses a thing."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from devkit.cluster.wait import wait_for_rollout

from tests.cluster.test_outages import shopping, wait_until_delivered
from tests.support.deployed import Deployed, kubectl
from tests.support.figures import Figures
from tests.support.production import SCALED, ended, signed_in, steady_pods, streams

pytestmark = [pytest.mark.images, pytest.mark.timeout(1200)]

# A gateway takes 100 connections of one address, and during a roll one may have nearly all.
PODS, PAGES = 4, 50
# Orders a second: each is some eight events for each of the pages.
RATE = 0.15
FIGURES = ("Requests, by connection", "Answered", "Failed or wrong")


def test_no_request_fails_and_every_page_is_right(production: Deployed) -> None:
    platform = production
    cookie = signed_in(platform)
    pages = {
        "count": PAGES,
        "cookie": cookie,
        "socket": "ws://gateway:3000/socket.io/?EIO=4&transport=websocket",
        "orders": "http://gateway:3000/api/v1/orders?limit=100",
    }
    placed: list[str] = []
    enough = threading.Event()
    todo: list[dict[str, Any]] = [
        {"streams": streams(platform, cookie)},
        *({"pages": pages} for _ in range(PODS)),
    ]
    with steady_pods(platform, todo) as names:
        buying = threading.Thread(target=shopping, args=(platform, placed, enough, RATE))
        buying.start()
        try:
            for name in (*SCALED, "web"):
                kubectl("-n", platform.namespace, "rollout", "restart", f"deployment/{name}")
                wait_for_rollout(platform.cluster, platform.namespace, name, 240)
        finally:
            enough.set()
            buying.join()
        wait_until_delivered(platform, placed)
        went = ended(platform, names)
    figures = Figures("rolls", "./devkit test --cluster tests/cluster/test_no_request_fails.py", FIGURES)
    for stream in went[0]["streams"]:
        figures.add(stream["name"], str(sum(stream["answered"].values())), str(stream["failed"]))
    made = sum(each["connected"] for each in went[1:])
    figures.add(
        f"{PODS * PAGES} pages, connected {made} times", "", str(sum(len(each["wrong"]) for each in went[1:]))
    )
    figures.write()
    assert [each for each in went[0]["streams"] if each["failed"]] == [], json.dumps(went, indent=1)
    assert all(sum(each["answered"].values()) > 20 for each in went[0]["streams"])
    assert [each["wrong"] for each in went[1:]] == [[]] * PODS
    # Both gateways went away under them.
    assert all(each["connected"] > each["pages"] for each in went[1:])
