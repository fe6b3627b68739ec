"""provider-sim is steered by hand, tells each step by a signed webhook, and survives a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from provider_sim import shop
from signatures import scheme

from tests.support.platform import ROOT, SECRETS, ServiceProcess
from tests.support.receivers import Call, HttpReceiver, http_receiver
from tests.support.shop import eventually
from tests.support.simulator import AUTH, KEY, add, announce, bodies, simulator, told

EXAMPLES = Path(ROOT) / "dev" / "webhooks"


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
    tmp_path_factory: pytest.TempPathFactory, database_url: str, receiver: HttpReceiver
) -> Iterator[ServiceProcess]:
    with simulator(tmp_path_factory.mktemp("sim"), database_url, receiver) as service:
        service.start()
        yield service


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text("utf-8"))


def shape(value: Any) -> Any:
    """The names of all fields, however deep; lists by their first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_prints_are_steered_by_hand_and_sent_with_a_signature(
    sim: ServiceProcess, receiver: HttpReceiver
) -> None:
    job = add(sim)
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/start").json()["status"] == "printing"
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/start").status_code == 409
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/done").json() == {
        "id": job,
        "filename": "VASE.gcode",
        "amount": 2,
        "status": "done",
    }
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/fail").status_code == 409
    assert httpx.post(f"{sim.url}/sim/jobs/1/done").status_code == 404
    assert httpx.post(f"{sim.url}/sim/jobs/{2**63}/done").status_code == 422
    assert httpx.post(f"{sim.url}/sim/jobs/{job}/explode").status_code == 422
    eventually("both are told", lambda: len(told(receiver, "job", job)) == 2)
    assert sorted(told(receiver, "job", job)) == ["job.done", "job.started"]
    for call in receiver.to("/webhooks/simplyprint"):
        token = SECRETS["SIMPLYPRINT_WEBHOOK_TOKEN"]
        assert scheme("simplyprint").verify(token, call.body, call.headers)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(None, "the print came off the bed"), ({}, "the print came off the bed"), ({"reason": "no filament"}, "no filament")],
)  # fmt: skip
def test_a_print_fails_with_a_reason(
    sim: ServiceProcess, receiver: HttpReceiver, body: dict[str, str] | None, reason: str
) -> None:
    job = add(sim)
    answer = httpx.post(f"{sim.url}/sim/jobs/{job}/fail", json=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    posted = eventually("it is told", lambda: bodies(receiver, "job", job))[0]
    assert posted["data"]["job"]["reason"] == reason
    assert shape(posted) == shape(example("simplyprint/job.failed.json"))


def test_a_blank_reason_is_none(sim: ServiceProcess) -> None:
    job = add(sim)
    for reason in ("", "  ", 5, "x" * 1001):
        answer = httpx.post(f"{sim.url}/sim/jobs/{job}/fail", json={"reason": reason})
        assert answer.status_code == 422, reason
    for unstorable in (b'{"reason": "a\\u0000b"}', b'{"reason": "a\\ud800b"}'):
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(f"{sim.url}/sim/jobs/{job}/fail", content=unstorable, headers=headers)
        assert answer.status_code in (400, 422)
    states = {each["id"]: each["status"] for each in httpx.get(f"{sim.url}/sim/jobs").json()}
    assert states[job] == "queued"


def test_a_print_can_be_stopped_at_its_printer(sim: ServiceProcess, receiver: HttpReceiver) -> None:
    job = add(sim)
    url = f"{sim.url}/simplyprint/1/printers/actions/Cancel"
    idle = {"status": False, "message": "The printer is not printing"}
    assert httpx.post(url, params={"pid": job}, headers=KEY).json() == idle
    httpx.post(f"{sim.url}/sim/jobs/{job}/start")
    assert httpx.post(url, params={"pid": job}, headers=KEY).json()["status"] is True
    assert httpx.post(url, params={"pid": job}, headers=KEY).json() == idle
    eventually("it is told", lambda: "job.cancelled" in told(receiver, "job", job))
    by_event = {body["event"]: body for body in bodies(receiver, "job", job)}
    for event in ("job.started", "job.cancelled"):
        assert shape(by_event[event]) == shape(example(f"simplyprint/{event}.json"))


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
    eventually("all are told", lambda: len(told(receiver, "parcel", parcel)) == 3)
    for call in receiver.to("/webhooks/sendcloud"):
        assert scheme("sendcloud").verify(SECRETS["SENDCLOUD_SECRET_KEY"], call.body, call.headers)
    shown = httpx.get(f"{sim.url}/sendcloud/api/v2/parcels/{parcel}", auth=AUTH).json()["parcel"]
    assert shown["status"] == {"id": 11, "message": "Delivered"}
    last = next(b for b in bodies(receiver, "parcel", parcel) if b["parcel"]["status"]["id"] == 11)
    expected = shape(example("sendcloud/parcel_status_changed.json"))
    expected["parcel"]["parcel_items"] = None  # shipping-service names none
    assert shape(last) == expected


def test_a_parcel_has_a_carrier_and_a_number_once_it_is_announced(
    sim: ServiceProcess, receiver: HttpReceiver
) -> None:
    parcel = announce(sim, "ref-nulls")
    url = f"{sim.url}/sendcloud/api/v2/parcels/{parcel}"

    def shown(*names: str) -> list[Any]:
        found = httpx.get(url, auth=AUTH).json()["parcel"]
        return [found[name] for name in names]

    nothing = ["", "", {"code": None}, None, None]
    facts = ("tracking_number", "tracking_url", "carrier", "label", "date_announced")
    assert shown(*facts) == nothing
    httpx.post(f"{sim.url}/sim/parcels/{parcel}/status/1002")
    assert shown("carrier") == [None]
    httpx.post(f"{sim.url}/sim/parcels/{parcel}/status/1")
    tracking, link, carrier = shown("tracking_number", "tracking_url", "carrier")
    assert (tracking[:5], carrier) == ("3SSIM", {"code": "postnl"})
    assert link.endswith(tracking)
    # A status that it has no words for.
    httpx.post(f"{sim.url}/sim/parcels/{parcel}/status/4242")
    assert shown("status") == [{"id": 4242, "message": None}]
    eventually("it is told", lambda: "4242" in told(receiver, "parcel", parcel))


def test_the_clock_is_kept_and_a_refused_webhook_comes_again_after_a_restart(
    sim: ServiceProcess, receiver: HttpReceiver, gateway: Gateway
) -> None:
    job = add(sim)
    gateway.code = 503
    httpx.post(f"{sim.url}/sim/jobs/{job}/start")
    eventually("it is refused", lambda: told(receiver, "job", job))
    httpx.post(f"{sim.url}/sim/clock", json={"speed": 5, "paused": True})
    sim.stop()
    gateway.code = 200
    sim.start()
    clock = httpx.get(f"{sim.url}/sim/clock").json()
    assert (clock["speed"], clock["paused"]) == (5, True)
    eventually("it comes again", lambda: len(told(receiver, "job", job)) >= 2)
    # At another SIM_SPEED than it was set up with, that one counts.
    sim.stop()
    sim.env["SIM_SPEED"] = "7000"
    sim.start()
    assert httpx.get(f"{sim.url}/sim/clock").json()["speed"] == 7000
    eventually("time goes on", lambda: "job.done" in told(receiver, "job", job))
    assert httpx.post(f"{sim.url}/sim/clock", json={"speed": -1}).status_code == 422


def test_what_an_order_is_of_may_be_said() -> None:
    lines = shop.order(7, 12, ["GF-4x3", "BIN-2x1", "HOOK-9"])["line_items"]
    assert isinstance(lines, list)
    assert [(line["sku"], line["title"]) for line in lines] == [
        ("GF-4x3", "GF-4x3"), ("BIN-2x1", "Stackable bin 2 × 1"), ("HOOK-9", "HOOK-9"),
    ]  # fmt: skip
    assert len({line["id"] for line in lines}) == 3


@pytest.mark.parametrize("skus", [[""], ["{a}"], ["x" * 101], ["BIN-2x1"] * 101, "BIN-2x1", [1]])
def test_what_nobody_can_buy(sim: ServiceProcess, skus: object) -> None:
    answer = httpx.post(f"{sim.url}/sim/shop/orders", json={"skus": skus})
    assert answer.status_code == 422, answer.text
