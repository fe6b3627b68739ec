"""libs/common/providers: what a provider refuses is told in its own words, whatever shape they come in."""

from __future__ import annotations

import asyncio
import json

import pytest
from common.providers import ProviderAway, ProviderRefused, call, client

from tests.support.receivers import http_receiver
from tests.support.storage import free_port


def refusal(code: int, body: str) -> str:
    async def ask(url: str) -> None:
        async with client("PostNL", url) as http:
            await call(http, "POST", "/anything", json={})

    with http_receiver(lambda _: (code, body)) as receiver:
        try:
            asyncio.run(ask(receiver.url))
        except ProviderRefused as problem:
            return str(problem)
    raise AssertionError("it was not refused")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"code": 400, "request": "api/v2/parcels", "message": "name: 'This field is required.'"}},
         "name: 'This field is required.'"),
        ({"error": {"message": {"name": ["This field is required."], "city": ["Too long.", "Odd."]}}},
         "name: This field is required., city: Too long., Odd."),
        ({"errors": {"non_field_errors": ["PostNL is closed"]}}, "non_field_errors: PostNL is closed"),
        ({"errors": [{"status": "409", "code": "invalid", "detail": "Already being cancelled."}]},
         "Already being cancelled."),
        ({"status": "failed", "message": "This shipment is already being cancelled."},
         "This shipment is already being cancelled."),
        ({"message": None, "error": "no credit"}, "no credit"),
        ({"error": {"message": None}}, "Bad Request"),
        ({"detail": " "}, "Bad Request"),
        (["not", "one"], "not, one"),
        ({}, "Bad Request"),
        ({"error": {"error": {"error": {"error": {"error": {"error": "deep"}}}}}}, "Bad Request"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_providers_words(body: object, reason: str) -> None:
    assert refusal(400, json.dumps(body)) == f"400 {reason}"


def test_a_status_that_is_false_is_a_refusal() -> None:
    assert refusal(200, '{"status": false, "message": "File not found"}') == "File not found"
    assert refusal(200, '{"status": false, "message": null}') == "refused without a reason"


def test_what_is_no_json_is_told_by_its_status() -> None:
    assert refusal(404, "<html>") == "404 Not Found"


def test_a_long_reason_is_cut() -> None:
    assert len(refusal(400, json.dumps({"message": "x" * 1000}))) == len("400 ") + 300


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503])
def test_what_may_succeed_later_is_no_refusal(code: int) -> None:
    with pytest.raises(ProviderAway, match=f"^PostNL answers {code}$"):
        refusal(code, '{"error": {"message": "later"}}')


def test_who_does_not_answer_is_named() -> None:
    async def ask() -> None:
        async with client("PostNL", f"http://127.0.0.1:{free_port()}") as http:
            await call(http, "GET", "/anything")

    with pytest.raises(ProviderAway, match=r"^PostNL does not answer \(ConnectError\)$"):
        asyncio.run(ask())
