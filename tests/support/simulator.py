"""The provider simulator alone: who receives its webhooks, what is asked of it, and what it told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.platform import SECRETS, Platform, ServiceProcess
from tests.support.receivers import HttpReceiver

__all__ = ["AUTH", "KEY", "PARCEL", "add", "announce", "bodies", "hooks", "simulator", "told"]

KEY = {"X-API-KEY": "any"}
AUTH = ("public", SECRETS["SENDCLOUD_SECRET_KEY"])
PARCEL: Mapping[str, Any] = {
    "name": "Ada Byron",
    "address": "Kerkstraat 1",
    "city": "Gent",
    "postal_code": "9000",
    "country": "BE",
    "order_number": "#1",
    "request_label": True,
}
_PATHS = {"job": "/webhooks/simplyprint", "parcel": "/webhooks/sendcloud"}


def hooks(receiver: HttpReceiver) -> dict[str, str]:
    """The variables by which a simulator posts to `receiver`."""
    return {
        "SIMPLYPRINT_WEBHOOK_URL": receiver.url + _PATHS["job"],
        "SENDCLOUD_WEBHOOK_URL": receiver.url + _PATHS["parcel"],
    }


@contextmanager
def simulator(
    folder: Path, database_url: str, receiver: HttpReceiver, speed: str = "0"
) -> Iterator[ServiceProcess]:
    """A simulator that is not started yet, and is stopped when the block ends. There is no Redis."""
    changes = {**hooks(receiver), "SIM_SPEED": speed}
    with Platform.prepared(folder, database_url, "", changes, only=["provider-sim"]) as platform:
        yield platform["provider-sim"]


def add(sim: ServiceProcess, name: str = "VASE", amount: int = 2) -> int:
    """Queues a print; returns its id."""
    body = {"filesystem": name.encode().hex(), "amount": amount}
    answer = httpx.post(f"{sim.url}/simplyprint/1/queue/AddItem", json=body, headers=KEY).json()
    assert answer["status"] is True, answer
    return int(answer["created_id"])


def announce(sim: ServiceProcess, reference: str, **changes: Any) -> int:
    """Announces a parcel; returns its id."""
    body = {"parcel": {**PARCEL, "external_reference": reference, **changes}}
    answer = httpx.post(f"{sim.url}/sendcloud/api/v2/parcels", json=body, auth=AUTH)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["parcel"]["id"])


def bodies(receiver: HttpReceiver, what: str, number: int) -> list[dict[str, Any]]:
    """What was posted about a job (or parcel), repetitions included."""
    posted = [json.loads(call.body) for call in receiver.to(_PATHS[what])]
    return [
        body for body in posted if (body.get("data", {}).get("job") or body.get("parcel"))["id"] == number
    ]


def told(receiver: HttpReceiver, what: str, number: int) -> list[str]:
    """Events (or parcel states) that were posted about a job (or parcel)."""
    posted = bodies(receiver, what, number)
    return [body["event"] if what == "job" else str(body["parcel"]["status"]["id"]) for body in posted]
