"""provider-sim answers as SimplyPrint and Sendcloud do, refusals included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from provider_sim.parcel_request import Refused, read

from tests.support.platform import ServiceProcess
from tests.support.receivers import http_receiver
from tests.support.simulator import AUTH, KEY, PARCEL, add, announce, simulator

KEYLESS = "No API key provided, or not logged in"
NO_NUMBERS: tuple[object, ...] = (-1, "-2", "two", "", 1.5, "1.5", True, None, [], {})


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("sim")
    with http_receiver() as receiver, simulator(folder, database_url, receiver) as service:
        service.start()
        yield service


def printer(sim: ServiceProcess, method: str, path: str, **more: Any) -> tuple[int, Any]:
    answer = httpx.request(method, f"{sim.url}/simplyprint/1/{path}", headers=KEY, **more)
    return answer.status_code, answer.json()


def no(message: str) -> dict[str, object]:
    return {"status": False, "message": message}


def test_simplyprint_refuses_who_has_no_key(sim: ServiceProcess) -> None:
    for headers in ({}, {"X-API-KEY": ""}):
        for path in ("account/Test", "queue/GetItems"):
            answer = httpx.get(f"{sim.url}/simplyprint/1/{path}", headers=headers)
            assert (answer.status_code, answer.json()) == (401, no(KEYLESS))
        answer = httpx.post(f"{sim.url}/simplyprint/1/queue/AddItem", content=b"{", headers=headers)
        assert (answer.status_code, answer.json()) == (401, no(KEYLESS))
    for path in ("/simplyprint/1/account/Test", "/simplyprint/42/account/Test"):
        assert httpx.get(sim.url + path, headers=KEY).json()["status"] is True


def test_files_have_names_without_an_extension(sim: ServiceProcess) -> None:
    _, found = printer(sim, "GET", "files/GetFiles", params={"search": "VASE.v2"})
    assert [(file["name"], file["ext"]) for file in found["files"]] == [("VASE.v2", "gcode")]
    for search in ("MISSING-1", "missing", "", " "):
        code, found = printer(sim, "GET", "files/GetFiles", params={"search": search})
        assert (code, found) == (200, {"status": True, "message": None, "files": []})


def test_the_queue(sim: ServiceProcess) -> None:
    item = add(sim, "VASE", 3)
    upload = {"data": {"amount": "4"}, "files": {"file": ("plate.stl", b"\x00\r\n--\xff", "model/stl")}}
    _, uploaded = printer(sim, "POST", "queue/AddItem", **upload)
    _, listed = printer(sim, "GET", "queue/GetItems")
    known = {entry["id"]: (entry["filename"], entry["left"]) for entry in listed["queue"]["items"]}
    assert known[item] == ("VASE.gcode", 3)
    assert known[uploaded["created_id"]] == ("plate.stl", 4)
    gone = (200, no("Queue item not found"))
    assert printer(sim, "POST", "queue/DeleteItem", params={"job": item}) == (
        200,
        {"status": True, "message": None},
    )
    for job in (item, 1, -1, "abc", "", 2**63, "9" * 5000):
        assert printer(sim, "POST", "queue/DeleteItem", params={"job": job}) == gone, job
    assert printer(sim, "POST", "queue/DeleteItem") == gone
    started = add(sim)
    httpx.post(f"{sim.url}/sim/jobs/{started}/start")
    assert printer(sim, "POST", "queue/DeleteItem", params={"job": started}) == gone


def test_what_prints(sim: ServiceProcess) -> None:
    """By pages, newest first; what waits is not among it."""
    before = int(time.time())
    waits, first, second, third = (add(sim, "PAGED") for _ in range(4))
    for job, step in ((first, "start"), (second, "done"), (third, "fail")):
        httpx.post(f"{sim.url}/sim/jobs/{job}/{step}")
    wanted = {"page": 1, "page_size": 100, "start_date": str(before)}
    _, found = printer(sim, "POST", "jobs/GetPaginatedPrintJobs", json=wanted)
    told = [
        (each["queueItem"]["id"], each["status"])
        for each in found["data"]
        if each["filename"] == "PAGED.gcode"
    ]
    assert told == [(third, "failed"), (second, "done"), (first, "ongoing")]
    assert waits not in dict(told)
    pages = [
        printer(sim, "POST", "jobs/GetPaginatedPrintJobs", json={**wanted, "page": page, "page_size": 2})[1]
        for page in range(1, found["page_amount"] + 2)
    ]
    assert [each for page in pages for each in page["data"]][:3] == found["data"][:3]
    later = printer(sim, "POST", "jobs/GetPaginatedPrintJobs", json={**wanted, "start_date": before + 3600})
    assert (later[1]["data"], later[1]["page_amount"]) == ([], 1)
    for wrong in ({"page": 0}, {"page_size": 101}, {"page": None}, {"start_date": "today"}):
        code, answer = printer(sim, "POST", "jobs/GetPaginatedPrintJobs", json=wanted | wrong)
        assert (code, answer["status"]) == (400, False)


@pytest.mark.parametrize("pid", ["1", "0", "-1", "abc", "", str(2**64)])
def test_an_unknown_printer(sim: ServiceProcess, pid: str) -> None:
    answer = printer(sim, "POST", "printers/actions/Cancel", params={"pid": pid})
    assert answer == (200, no("Printer not found"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "No file given"),
        ({"filesystem": None}, "No file given"),
        ({"filesystem": "zz"}, "File not found"),
        ({"filesystem": "ff"}, "File not found"),
        ({"filesystem": b"MISSING".hex()}, "File not found"),
        ({"filesystem": b"a\0b".hex()}, "File not found"),
        ({"filesystem": ["56"]}, "File not found"),
        *[({"filesystem": b"VASE".hex(), "amount": wrong}, "Amount must be a whole number")
          for wrong in NO_NUMBERS],
        *[({"filesystem": b"VASE".hex(), "amount": wrong}, "Amount must be between 1 and 10000")
          for wrong in (0, "0", 10_001, 10**30)],
    ],
)  # fmt: skip
def test_what_cannot_be_queued(sim: ServiceProcess, body: object, message: str) -> None:
    _, before = printer(sim, "GET", "queue/GetItems")
    assert printer(sim, "POST", "queue/AddItem", json=body) == (400, no(message))
    assert printer(sim, "GET", "queue/GetItems")[1] == before


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_not_queued(sim: ServiceProcess, body: bytes) -> None:
    assert printer(sim, "POST", "queue/AddItem", content=body) == (400, no("Invalid JSON"))


@pytest.mark.parametrize(
    ("data", "files", "message"),
    [
        ({"amount": "1"}, {"other": ("a.stl", b"x")}, "No file was uploaded"),
        ({"amount": "0"}, {"file": ("a.stl", b"x")}, "Amount must be between 1 and 10000"),
        ({"amount": "many"}, {"file": ("a.stl", b"x")}, "Amount must be a whole number"),
    ],
)
def test_an_upload_that_cannot_be_queued(
    sim: ServiceProcess, data: dict[str, str], files: dict[str, tuple[str, bytes]], message: str
) -> None:
    assert printer(sim, "POST", "queue/AddItem", data=data, files=files) == (400, no(message))


def test_what_simplyprint_does_not_have(sim: ServiceProcess) -> None:
    for method, path in [("GET", "queue/Nothing"), ("GET", "queue/AddItem")]:
        code, body = printer(sim, method, path)
        assert (code, body["status"]) == (405 if path == "queue/AddItem" else 404, False)
        assert body["message"]


def sendcloud(
    sim: ServiceProcess, method: str, path: str, auth: tuple[str, str] | None = AUTH, **more: Any
) -> tuple[int, Any]:
    answer = httpx.request(method, f"{sim.url}/sendcloud/api/v2/{path}", auth=auth, **more)
    return answer.status_code, answer.json()


def error(code: int, path: str, message: str) -> tuple[int, dict[str, object]]:
    return code, {"error": {"code": code, "request": f"api/v2/{path}", "message": message}}


def test_sendcloud_refuses_wrong_keys(sim: ServiceProcess) -> None:
    nobody = error(401, "parcels/1", "Authentication credentials were not provided.")
    assert sendcloud(sim, "GET", "parcels/1", auth=None) == nobody
    for wrong in (("public", "wrong"), ("", AUTH[1]), ("public", "")):
        refused = error(401, "parcels", "Invalid username/password.")
        assert sendcloud(sim, "POST", "parcels", auth=wrong, json={}) == refused
    answer = httpx.get(f"{sim.url}/sendcloud/api/v2/parcels/1")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="api"'
    broken = {"Authorization": "Basic %%%"}
    answer = httpx.get(f"{sim.url}/sendcloud/api/v2/parcels/1", headers=broken)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)


@pytest.mark.parametrize("number", ["1", "abc", "-1", str(2**63), "9" * 5000])
def test_an_unknown_parcel(sim: ServiceProcess, number: str) -> None:
    gone = "No Parcel matches the given query."
    assert sendcloud(sim, "GET", f"parcels/{number}") == error(404, f"parcels/{number}", gone)
    path = f"parcels/{number}/cancel"
    assert sendcloud(sim, "POST", path) == error(404, path, gone)


BLANK, REQUIRED = "This field cannot be blank.", "This field is required."
NULL, NO_TEXT = "This field may not be null.", "Not a valid string."


@pytest.mark.parametrize("name", ["name", "address", "city", "postal_code", "country"])
def test_what_a_parcel_must_have(sim: ServiceProcess, name: str) -> None:
    without = {key: value for key, value in PARCEL.items() if key != name}
    for parcel, message in [
        (without, REQUIRED),
        ({**PARCEL, name: ""}, BLANK),
        ({**PARCEL, name: " \t"}, BLANK),
        ({**PARCEL, name: None}, NULL),
        ({**PARCEL, name: ["x"]}, NO_TEXT),
        ({**PARCEL, name: {"x": 1}}, NO_TEXT),
        ({**PARCEL, name: True}, NO_TEXT),
    ]:
        answer = sendcloud(sim, "POST", "parcels", json={"parcel": parcel})
        assert answer == error(400, "parcels", f"{name}: '{message}'"), parcel


@pytest.mark.parametrize(
    ("name", "most"),
    {"name": 75, "company_name": 50, "address": 150, "address_2": 150, "house_number": 20, "city": 30,
     "postal_code": 12, "telephone": 20}.items(),
)  # fmt: skip
def test_how_long_texts_may_be(sim: ServiceProcess, name: str, most: int) -> None:
    as_long = "1" + "é" * (most - 1)
    assert sendcloud(sim, "POST", "parcels", json={"parcel": {**PARCEL, name: as_long}})[0] == 200
    refused = f"{name}: 'Ensure this field has no more than {most} characters.'"
    too_long = {"parcel": {**PARCEL, name: as_long + "x"}}
    assert sendcloud(sim, "POST", "parcels", json=too_long) == error(400, "parcels", refused)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"country": "XX"}, "country: '\"XX\" is not a valid choice.'"),
        ({"country": "be"}, "country: '\"be\" is not a valid choice.'"),
        ({"country": "Belgium"}, "country: 'Ensure this field has no more than 2 characters.'"),
        ({"address": "Kerkstraat"}, f"house_number: '{BLANK}'"),
        ({"email": "nobody"}, "email: 'Enter a valid email address.'"),
        ({"total_order_value": "a lot"}, "total_order_value: 'A valid number is required.'"),
        ({"total_order_value_currency": "eur"}, "total_order_value_currency: '\"eur\" is not a valid choice.'"),
        ({"request_label": "perhaps"}, "request_label: 'Must be a valid boolean.'"),
        ({"request_label": []}, "request_label: 'Must be a valid boolean.'"),
        ({"name": "a\0b"}, "name: 'Null characters are not allowed.'"),
        ({"name": "", "city": ""}, f"name: '{BLANK}', city: '{BLANK}'"),
    ],
)  # fmt: skip
def test_what_else_is_refused(sim: ServiceProcess, changes: dict[str, object], message: str) -> None:
    answer = sendcloud(sim, "POST", "parcels", json={"parcel": {**PARCEL, **changes}})
    assert answer == error(400, "parcels", message)


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        (b"", "JSON parse error - "),
        (b"{", "JSON parse error - "),
        (b"\xff", "JSON parse error - "),
        (b"[" * 100_000, "JSON parse error - "),
        (b"{}", f"parcel: '{REQUIRED}'"),
        (b"null", f"parcel: '{REQUIRED}'"),
        (b'{"parcel": null}', f"parcel: '{REQUIRED}'"),
        (b'{"parcel": "x"}', "parcel: 'Invalid data. Expected a dictionary, but got str.'"),
        (b"[]", "parcel: 'Invalid data. Expected a dictionary, but got list.'"),
        (b'{"parcel": {"name": "\\ud800"}}', "name: 'Surrogate characters are not allowed: U+D800.', address: "),
    ],
)  # fmt: skip
def test_what_is_no_parcel(sim: ServiceProcess, body: bytes, begins: str) -> None:
    code, answer = sendcloud(sim, "POST", "parcels", content=body)
    assert (code, answer["error"]["request"]) == (400, "api/v2/parcels")
    assert answer["error"]["message"].startswith(begins)


def test_where_there_are_no_postal_codes_none_is_wanted() -> None:
    to = b'{"parcel": {"name": "A", "address": "B 1", "city": "C", "country": "%s"}}'
    assert read(to % b"HK").given["country"] == "HK"
    with pytest.raises(Refused, match=r"postal_code: 'This field is required\.'"):
        read(to % b"NL")


def test_numbers_are_texts_too(sim: ServiceProcess) -> None:
    code, answer = sendcloud(sim, "POST", "parcels", json={"parcel": {**PARCEL, "postal_code": 9000}})
    assert (code, answer["parcel"]["postal_code"]) == (200, "9000")
    assert answer["parcel"]["address_divided"] == {"street": "Kerkstraat", "house_number": "1"}
    assert answer["parcel"]["country"] == {"iso_2": "BE", "iso_3": "BEL", "name": "Belgium"}
    assert answer["parcel"]["external_reference"] is None


def test_one_reference_is_one_parcel_also_at_once(sim: ServiceProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: announce(sim, "the-same"), range(16)))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome", "message", "becomes"),
    [
        (1000, 202, "queued", "Parcel cancellation has been queued", 1999),
        (1, 200, "cancelled", "Parcel has been cancelled", 2000),
        (2000, 400, "failed", "This shipment is already being cancelled.", 2000),
        (1999, 400, "failed", "This shipment is already being cancelled.", 1999),
        (3, 400, "failed", "Shipped parcels, or parcels being shipped, can no longer be cancelled.", 3),
        (11, 400, "failed", "Shipped parcels, or parcels being shipped, can no longer be cancelled.", 11),
        (1002, 410, "deleted", "Parcel has been deleted", None),
    ],
)
def test_what_becomes_of_a_cancellation(
    sim: ServiceProcess, status: int, code: int, outcome: str, message: str, becomes: int | None
) -> None:
    parcel = announce(sim, f"cancelled-at-{status}")
    if status != 1000:
        httpx.post(f"{sim.url}/sim/parcels/{parcel}/status/{status}")
    answer = sendcloud(sim, "POST", f"parcels/{parcel}/cancel")
    assert answer == (code, {"status": outcome, "message": message})
    found, shown = sendcloud(sim, "GET", f"parcels/{parcel}")
    assert (found, shown.get("parcel", {}).get("status", {}).get("id")) == (
        (404, None) if becomes is None else (200, becomes)
    )


def test_a_parcel_without_a_label_stays_where_it_is(sim: ServiceProcess) -> None:
    parcel = announce(sim, "no-label", request_label=False)
    assert sendcloud(sim, "GET", f"parcels/{parcel}")[1]["parcel"]["status"] == {
        "id": 999,
        "message": "No label",
    }
