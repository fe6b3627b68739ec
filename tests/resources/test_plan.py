"""The options of the command line, as phases and a bounded load."""

from __future__ import annotations

from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.resources.plan import Plan, make_plan

NOTHING: dict[str, Any] = {"seconds": None, "webhooks": None, "rate": None, "idle": None, "settle": None}


def plan(period: float = 1.0, *, load: bool = True, **given: float | None) -> Plan:
    return make_plan(period, load=load, **{**NOTHING, **given})


@pytest.mark.parametrize(
    ("given", "seconds", "webhooks", "rate"),
    [
        ({}, 30, 30, 1),
        ({"webhooks": 60}, 30, 60, 2),
        ({"webhooks": 60, "rate": 3}, 20, 60, 3),
        ({"seconds": 10, "rate": 2.5}, 10, 25, 2.5),
        ({"seconds": 10, "webhooks": 5}, 10, 5, 0.5),
        ({"seconds": 10, "webhooks": 5, "rate": 4}, 10, 5, 4),
        ({"seconds": 5, "rate": 0.1}, 5, 1, 0.1),
    ],
)
def test_two_of_three_make_the_third(
    given: dict[str, Any], seconds: float, webhooks: int, rate: float
) -> None:
    found = plan(**given)
    assert (dict(found.phases)["load"], found.webhooks, found.rate) == (seconds, webhooks, rate)


def test_phases_are_as_long_as_the_source_needs() -> None:
    assert plan().phases == (("idle", 10.0), ("load", 30.0), ("settle", 30.0))
    assert plan(15.0).phases == (("idle", 45.0), ("load", 195.0), ("settle", 45.0))
    assert plan(idle=0, settle=5, seconds=3).phases == (("load", 3), ("settle", 5))
    assert plan(15.0).every < 15 / 2, "no figure of the source is missed"


def test_only_watching() -> None:
    found = plan(load=False, seconds=12)
    assert (found.phases, found.webhooks) == ((("watch", 12),), 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate": 21}, "too much for a platform on one machine"),
        ({"webhooks": 5000, "seconds": 3000}, "too many"),
        ({"webhooks": 5, "load": False}, "--no-load sends no webhooks"),
        ({"rate": 5, "load": False}, "--no-load sends no webhooks"),
    ],
)
def test_what_would_be_no_bounded_load_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DevkitError, match=message) as problem:
        plan(**given)
    assert problem.value.exit_code == 2
