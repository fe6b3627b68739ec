"""What shipping-service makes of Sendcloud's answers that say little."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from common.messages import CreateParcel, ShippingAddress

from tests.support.bench import Bench
from tests.support.receivers import http_receiver
from tests.support.shop import eventually, rows
from tests.support.storage import RedisServer

TO = {"name": "Ada", "address": "Kerkstraat 1", "city": "Gent", "postal_code": "9000", "country": "BE"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"parcel": {"id": 2**70, "status": None, "carrier": None, "tracking_number": None}},
         (str(2**70), "announced", None, None)),
        ({"parcel": {"id": 7, "status": {"id": 2**40, "message": None}, "carrier": {"code": None}}},
         ("7", "announced", None, None)),
        ({"parcel": None}, (None, "failed", None, "Sendcloud's answer describes no parcel")),
        ({}, (None, "failed", None, "Sendcloud's answer describes no parcel")),
    ],
)  # fmt: skip
def test_an_answer_with_nulls_is_understood(
    tmp_path: Path, database_url: str, redis: RedisServer, answer: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    bench, order_id = Bench(tmp_path, database_url, redis.url), uuid4()
    to = ShippingAddress.model_validate(TO)
    facts = {"order_number": "#1", "total": "1.00", "currency": "EUR", "items": 1, "to": to}
    query = "SELECT sendcloud_id, status, status_code, error FROM parcels WHERE order_id = %s AND status <> 'announcing'"
    with (
        http_receiver(lambda _: (200, json.dumps(answer))) as receiver,
        bench.run("shipping-service", SENDCLOUD_API_URL=receiver.url),
    ):
        bench.send(CreateParcel.model_validate({"order_id": order_id, **facts}))
        found = eventually("it has an end", lambda: rows(database_url, query, order_id))
    assert found == [expected]
