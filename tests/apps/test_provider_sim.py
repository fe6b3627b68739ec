"""provider-sim answers as the providers do, is steered by hand, and survives a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from signatures import scheme

from tests.support.platform import SECRETS, Platform, ServiceProcess
from tests.support.receivers import Call, HttpReceiver, http_receiver
from tests.support.shop import eventually
from tests.support.storage import RedisServer

KEY = {"X-API-KEY": "any"}
AUTH = ("public", SECRETS["SENDCLOUD_SECRET_KEY"])


class Gateway:
    """Takes webhooks, or refuses them."""

    def __init__(self) -> None:
        self.code = 200

    def __call__(self, _: Call) -> tuple[int, str]:
        return self.code, "{}"


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture(scope="module")
def receiver(gateway: Gateway) -> Iterator[HttpReceiver]:
    with http_receiver(gateway) as listening:
        yield listening


@pytest.fixture(scope="module")
def sim(
    tmp_path_factory: pytest.TempPathFactory, redis: RedisServer, receiver: HttpReceiver
) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("sim")
    changes = {"GATEWAY_URL": receiver.url, "SIM_SPEED": "0"}
    with Platform.prepared(folder, "", redis.url, changes, only=["provider-sim"]) as platform:
        platform["provider-sim"].start()
        yield platform["provider-sim"]


def add(sim: ServiceProcess, name: str = "VASE", amount: int = 2) -> int:
    body = {"filesystem": name.encode().hex(), "amount": amount}
    answer = httpx.post(f"{sim.url}/simplyprint/queue/AddItem", json=body, headers=KEY).json()
    assert answer["status"] is True
    return int(answer["created_id"])


def announce(sim: ServiceProcess, reference: str) -> int:
    body = {"parcel": {"name": "Ada", "order_number": "#1", "external_reference": reference}}
    answer = httpx.post(f"{sim.url}/sendcloud/api/v2/parcels", json=body, auth=AUTH)
    assert answer.status_code == 200
    return int(answer.json()["parcel"]["id"])


def told(receiver: HttpReceiver, path: str, number: int, what: str) -> list[str]:
    """Events (or parcel states) that were posted about a job (or parcel)."""
    bodies = [json.loads(call.body) for call in receiver.to(path)]
    if what == "job":
        return [body["event"] for body in bodies if body["data"]["job"]["id"] == number]
    return [str(body["parcel"]["status"]["id"]) for body in bodies if body["parcel"]["id"] == number]


def test_simplyprint_refuses_who_has_no_key(sim: ServiceProcess) -> None:
    for headers in ({}, {"X-API-KEY": ""}):
        answer = httpx.get(f"{sim.url}/simplyprint/account/Test", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"status": False, "message": "No API key provided, or not logged in"}
    for path in ("/simplyprint/account/Test", "/simplyprint/42/account/Test"):
        assert httpx.get(sim.url + path, headers=KEY).json()["status"] is True


def test_sendcloud_refuses_wrong_keys_and_unknown_parcels(sim: ServiceProcess) -> None:
    url = f"{sim.url}/sendcloud/api/v2/parcels"
    assert httpx.get(f"{url}/1").status_code == 401
    assert httpx.get(f"{url}/1", auth=("public", "wrong")).status_code == 401
    assert httpx.get(f"{url}/1", auth=AUTH).status_code == 404
    assert httpx.post(f"{url}/1/cancel", auth=AUTH).status_code == 404


def test_files_and_the_queue(sim: ServiceProcess) -> None:
    found = httpx.get(f"{sim.url}/simplyprint/files/GetFiles", params={"search": "VASE"}, headers=KEY).json()
    assert [file["name"] for file in found["files"]] == ["VASE.gcode"]
    item = add(sim, "VASE", 3)
    upload = httpx.post(
        f"{sim.url}/simplyprint/queue/AddItem",
        headers=KEY,
        data={"amount": "4"},
        files={"file": ("plate.stl", b"\x00\r\n--\xff", "model/stl")},
    ).json()
    listed = httpx.get(f"{sim.url}/simplyprint/queue/GetItems", headers=KEY).json()["queue"]["items"]
    known = {entry["id"]: (entry["filename"], entry["left"]) for entry in listed}
    assert known[item] == ("VASE.gcode", 3)
    assert known[upload["created_id"]] == ("plate.stl", 4)
    url = f"{sim.url}/simplyprint/queue/DeleteItem"
    assert httpx.post(url, params={"job": item}, headers=KEY).json()["status"] is True
    assert httpx.post(url, params={"job": item}, headers=KEY).json()["status"] is False
    nothing = httpx.post(f"{sim.url}/simplyprint/queue/AddItem", json={}, headers=KEY)
    assert nothing.status_code == 400


def test_prints_are_steered_by_hand_and_sent_with_a_signature(
    sim: ServiceProcess, receiver: HttpReceiver
) -> None:
    job = add(sim)
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/start").json()["status"] == "printing"
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/start").status_code == 409
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/done").json()["status"] == "done"
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/fail").status_code == 409
    assert httpx.post(f"{sim.url}/sim/jobs/1/done").status_code == 404
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/explode").status_code == 422
    path = "/webhooks/simplyprint"
    eventually("both are told", lambda: len(told(receiver, path, job, "job")) == 2)
    assert sorted(told(receiver, path, job, "job")) == ["job.done", "job.started"]
    for call in receiver.to(path):
        token = SECRETS["SIMPLYPRINT_WEBHOOK_TOKEN"]
        assert scheme("simplyprint").verify(token, call.body, call.headers)


def test_a_print_can_be_stopped_at_its_printer(sim: ServiceProcess, receiver: HttpReceiver) -> None:
    job = add(sim)
    httpx.post(f"{sim.url}/sim/jobs/{job}/start")
    url = f"{sim.url}/simplyprint/printers/actions/Cancel"
    assert httpx.post(url, params={"pid": job}, headers=KEY).json()["status"] is True
    assert httpx.post(url, params={"pid": job}, headers=KEY).json()["status"] is False
    eventually("it is told", lambda: "job.cancelled" in told(receiver, "/webhooks/simplyprint", job, "job"))


def test_parcels_are_steered_by_hand_and_sent_with_a_signature(
    sim: ServiceProcess, receiver: HttpReceiver
) -> None:
    parcel = announce(sim, "ref-1")
    assert announce(sim, "ref-1") == parcel
    assert announce(sim, "ref-2") != parcel
    for code in (1, 3, 11):
        answer = httpx.post(f"{sim.url}/sim/parcels/{parcel}/status/{code}")
        assert answer.json()["status"] == code
    assert httpx.post(f"{sim.url}/sim/parcels/1/status/11").status_code == 404
    late = httpx.post(f"{sim.url}/sendcloud/api/v2/parcels/{parcel}/cancel", auth=AUTH)
    assert late.status_code == 400
    path = "/webhooks/sendcloud"
    eventually("all are told", lambda: len(told(receiver, path, parcel, "parcel")) == 3)
    for call in receiver.to(path):
        assert scheme("sendcloud").verify(SECRETS["SENDCLOUD_SECRET_KEY"], call.body, call.headers)
    shown = httpx.get(f"{sim.url}/sendcloud/api/v2/parcels/{parcel}", auth=AUTH).json()["parcel"]
    assert shown["status"] == {"id": 11, "message": "Delivered"}


def test_the_clock_is_kept_and_a_refused_webhook_comes_again_after_a_restart(
    sim: ServiceProcess, receiver: HttpReceiver, gateway: Gateway
) -> None:
    job = add(sim)
    gateway.code = 503
    httpx.post(f"{sim.url}/sim/jobs/{job}/start")
    eventually("it is refused", lambda: told(receiver, "/webhooks/simplyprint", job, "job"))
    httpx.post(f"{sim.url}/sim/clock", json={"speed": 5, "paused": True})
    sim.stop()
    gateway.code = 200
    sim.start()
    clock = httpx.get(f"{sim.url}/sim/clock").json()
    assert (clock["speed"], clock["paused"]) == (5, True)
    eventually("it comes again", lambda: len(told(receiver, "/webhooks/simplyprint", job, "job")) >= 2)
    # At another SIM_SPEED than it was set up with, that one counts.
    sim.stop()
    sim.env["SIM_SPEED"] = "7000"
    sim.start()
    assert httpx.get(f"{sim.url}/sim/clock").json()["speed"] == 7000
    eventually("time goes on", lambda: "job.done" in told(receiver, "/webhooks/simplyprint", job, "job"))
    assert httpx.post(f"{sim.url}/sim/clock", json={"speed": -1}).status_code == 422
