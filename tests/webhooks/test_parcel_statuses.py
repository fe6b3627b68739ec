"""Sendcloud's statuses: a parcel in each of them, by name, by id and by words."""

from __future__ import annotations

import pytest
from devkit.webhooks.change import remove_value, set_value
from devkit.webhooks.providers.sendcloud_statuses import STATUSES

from tests.support.examples import changed, fresh


@pytest.mark.parametrize("name", STATUSES)
def test_a_parcel_in_every_status(name: str) -> None:
    status = STATUSES[name]
    told = fresh("sendcloud", f"parcel_status_changed/{name}", 7)
    assert told["action"] == "parcel_status_changed"
    assert told["parcel"]["status"] == {"id": status.id, "message": status.message}
    assert bool(told["parcel"]["tracking_number"]) is bool(told["parcel"]["label"]) is status.labelled
    assert (told["carrier_status_change_timestamp"] is not None) is status.carried
    by_id = changed(
        "sendcloud", "parcel_status_changed/unknown", (set_value, f"parcel.status.id={status.id}")
    )
    by_message = changed(
        "sendcloud", "parcel_status_changed/unknown", (set_value, f"parcel.status.message={status.message}")
    )
    assert by_id["parcel"]["status"] == by_message["parcel"]["status"] == told["parcel"]["status"]


def test_a_status_that_nobody_knows_is_sent_as_it_was_set() -> None:
    for argument, expected in (
        ("parcel.status.id=4711", {"id": 4711, "message": "Delivered"}),
        ('parcel.status={"id": 3, "message": "Else"}', {"id": 3, "message": "Else"}),
        ("parcel.status.id=[1]", {"id": [1], "message": "Delivered"}),
    ):
        sent = changed("sendcloud", "parcel_status_changed/delivered", (set_value, argument))
        assert sent["parcel"]["status"] == expected
    assert changed("sendcloud", "parcel_status_changed", (remove_value, "parcel")).keys() >= {
        "action",
        "timestamp",
    }


def test_every_status_has_an_id_and_words_of_its_own() -> None:
    assert len({status.id for status in STATUSES.values()}) == len(STATUSES) == 35
    assert len({status.message for status in STATUSES.values()}) == len(STATUSES)
