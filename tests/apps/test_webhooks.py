"""Webhooks at the gateway: everything that the suite has, slow senders, and an inbox that loses nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider
from devkit.webhooks.suite.model import Sender
from devkit.webhooks.suite.run import case_checks, run_suite
from signatures import scheme

from tests.support.platform import ROOT, SECRETS, Platform
from tests.support.polling import PATIENCE, looks
from tests.support.shop import Shop, order, rows

SIM_SPEED = "1"  # nothing is printed, let alone delivered, before it is cancelled


@pytest.mark.parametrize(
    ("name", "topic", "path", "secret"),
    [
        ("shopify", "orders/create", "/api/v1/webhooks/shopify", "SHOPIFY_CLIENT_SECRET"),
        ("simplyprint", "job.done", "/webhooks/simplyprint", "SIMPLYPRINT_WEBHOOK_TOKEN"),
        ("sendcloud", "parcel_status_changed", "/webhooks/sendcloud", "SENDCLOUD_SECRET_KEY"),
    ],
)
def test_the_gateway_stands_the_suite(
    platform: Platform, name: str, topic: str, path: str, secret: str
) -> None:
    example = load_example(Path(ROOT) / "dev" / "webhooks" / name, topic, ())
    sender = Sender(provider(name), topic, example, SECRETS[secret], Random(7))
    outcomes = run_suite(sender, case_checks(name), platform["gateway"].url + path)
    found = [problem for outcome in outcomes for problem in outcome.problems]
    assert [problem.message for problem in found] == []


def test_a_sender_that_drips_is_not_waited_for(platform: Platform) -> None:
    """Ten seconds for a body, however it comes in."""
    gateway = urlsplit(platform["gateway"].url)
    with socket.create_connection((gateway.hostname, gateway.port), timeout=PATIENCE) as connection:
        began = time.monotonic()
        connection.sendall(
            b"POST /webhooks/sendcloud HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n{"
        )
        answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began > 9.9


def test_what_shopify_was_told_is_stored_was_done(platform: Platform, shop: Shop) -> None:
    """order-service is killed while orders are cancelled: a webhook is in the inbox only with what follows from it."""
    bodies = [order("VASE-1") for _ in range(60)]
    for body in bodies:
        assert shop.post("orders/create", body).json() == {"status": "stored"}

    def cancel(body: dict[str, Any]) -> str:
        """As Shopify: the same webhook until it is accepted."""
        for _ in looks():
            answer = shop.post("orders/cancelled", body, webhook_id=f"cancel-{body['id']}")
            if answer.status_code == 200:
                return str(answer.json()["status"])
        return "never"

    service = platform["order-service"]
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(cancel, bodies)
        for _ in range(3):
            time.sleep(0.4)
            service.stop(signal.SIGKILL)
            service.start()
        assert set(answers) <= {"stored", "duplicate"}
    ids = [str(body["id"]) for body in bodies]
    stored = "SELECT count(*), count(cancelled_at) FROM orders WHERE shopify_order_id = ANY(%s)"
    assert rows(platform.database_url, stored, ids) == [(60, 60)]


def test_a_signature_sent_twice_is_invalid(shop: Shop) -> None:
    body = b"{}"
    signature = scheme("sendcloud").sign(SECRETS["SENDCLOUD_SECRET_KEY"], body)["Sendcloud-Signature"]
    headers = [("Sendcloud-Signature", signature), ("Sendcloud-Signature", signature)]
    assert shop.http.post("/webhooks/sendcloud", content=body, headers=headers).status_code == 401


def by_hand() -> list[str]:
    """The commands that the documentation gives for a shell."""
    text = (Path(ROOT) / "docs" / "webhooks.md").read_text("utf-8")
    return re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S)


def test_the_documentation_has_one_for_each_provider() -> None:
    assert [re.findall(r"webhooks/(\w+)", script)[0] for script in by_hand()] == [
        "shopify",
        "simplyprint",
        "sendcloud",
    ]


@pytest.mark.parametrize("script", by_hand(), ids=["shopify", "simplyprint", "sendcloud"])
def test_what_the_documentation_says_works_by_hand(platform: Platform, script: str) -> None:
    there = script.replace("http://localhost:3000", platform["gateway"].url)
    for secrets, code in ((SECRETS, "200"), ({**SECRETS, **dict.fromkeys(SECRETS, "wrong")}, "401")):
        done = subprocess.run(
            ["bash", "-c", there.rstrip() + " --silent --noproxy '*' --output /dev/null --write-out '%{http_code}'"],
            env={"PATH": os.environ["PATH"], **secrets}, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, code), done.stderr
