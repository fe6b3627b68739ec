"""Proposals: room above what was seen, round, and never a request above its limit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from devkit.model import Resources, Service
from devkit.resources.figures import Figures, Use
from devkit.resources.propose import amounts, as_cores, as_memory, propose, to_change
from devkit.table.load import read_table
from devkit.table.quantity import parse_quantity
from hypothesis import given
from hypothesis import strategies as st

from tests.resources.scene import MEBI, table_file


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    return dict(read_table(table_file(tmp_path_factory.mktemp("clone"))).services)


def use(cpu: float, memory: float) -> Use:
    """A service that always uses so many cores and MiB."""
    return Use("any", 1, Figures(30, cpu, cpu, cpu), Figures(30, memory * MEBI, memory * MEBI, memory * MEBI))


@pytest.mark.parametrize(
    ("name", "column", "cpu", "memory", "expected"),
    [
        ("api", "development", 0.030, 119, ({"cpu": "50m", "memory": "144Mi"}, {"memory": "384Mi"})),
        ("api", "staging", 0.030, 119, ({"cpu": "50m", "memory": "144Mi"}, {"cpu": "100m", "memory": "192Mi"})),
        ("cache", "development", 0.0, 5, ({"cpu": "25m", "memory": "32Mi"}, {"memory": "64Mi"})),
        ("page", "development", 1.3, 700, ({"cpu": "1500m", "memory": "816Mi"}, {"memory": "1088Mi"})),
        ("page", "staging", 0.25, 890, ({"cpu": "300m", "memory": "1Gi"}, {"cpu": "500m", "memory": "1344Mi"})),
    ],
)  # fmt: skip
def test_by_the_rules_of_docs_resources_md(
    services: dict[str, Service], name: str, column: str, cpu: float, memory: float,
    expected: tuple[dict[str, str], dict[str, str]],
) -> None:  # fmt: skip
    found = propose(services[name], use(cpu, memory), column)
    assert (dict(found.requests), dict(found.limits)) == expected


def test_nothing_is_proposed_without_samples(services: dict[str, Service]) -> None:
    found = propose(services["api"], Use("api", 1, None, None), "development")
    assert (found.requests, found.limits) == ({}, {})


values = st.floats(0, 64, allow_nan=False)
sizes = st.floats(0.1, 65536)


@given(p95=values, more=values, memory=sizes, growth=st.floats(1, 4), column=st.sampled_from(["development", "staging"]))  # fmt: skip
def test_there_is_room_and_a_request_fits_its_limit(
    services: dict[str, Service], p95: float, more: float, memory: float, growth: float, column: str
) -> None:
    seen = Use(
        "api", 1, Figures(30, p95, p95, p95 + more),
        Figures(30, memory * MEBI, memory * MEBI, memory * growth * MEBI),
    )  # fmt: skip
    found = propose(services["api"], seen, column)
    requests, limits = amounts(found.requests), amounts(found.limits)
    assert requests["cpu"] >= p95
    assert requests["memory"] >= memory * MEBI
    assert limits["memory"] >= memory * growth * MEBI * 1.5 * 0.999
    assert requests["memory"] <= limits["memory"]
    assert requests["cpu"] <= limits.get("cpu", requests["cpu"])
    assert all(parse_quantity(text) > 0 for text in [*found.requests.values(), *found.limits.values()])
    assert requests["cpu"] <= max(p95 * 1.15 + 0.026, 0.025)
    assert requests["memory"] <= max(memory * 1.15 * MEBI + 17 * MEBI, 32 * MEBI)


quantities = st.integers(1, 4000)


@given(request=quantities, limit=quantities, cpu=st.floats(0, 3), memory=st.floats(1, 3000))
def test_a_table_that_takes_the_change_needs_no_other(
    services: dict[str, Service], request: int, limit: int, cpu: float, memory: float
) -> None:
    request, limit = sorted((request, limit))
    now = Resources({"cpu": f"{request}m", "memory": f"{request}Mi"}, {"memory": f"{limit}Mi"})
    proposed = propose(services["api"], use(cpu, memory), "development")
    change = to_change(now, proposed)
    then = Resources({**now.requests, **change.requests}, {**now.limits, **change.limits})
    assert to_change(then, proposed) == Resources({}, {})
    assert parse_quantity(then.requests["memory"]) <= parse_quantity(then.limits["memory"])
    assert parse_quantity(then.limits["memory"]) >= parse_quantity(now.limits["memory"]), "limits only go up"


def test_what_is_near_enough_is_kept() -> None:
    now = Resources({"cpu": "50m", "memory": "192Mi"}, {"memory": "512Mi"})
    proposed = Resources({"cpu": "25m", "memory": "112Mi"}, {"memory": "384Mi"})
    assert to_change(now, proposed) == Resources({}, {})


def test_a_limit_that_the_table_does_not_set_is_not_made_up() -> None:
    now = Resources({"cpu": "100m", "memory": "64Mi"}, {})
    assert to_change(now, Resources({}, {"cpu": "200m", "memory": "128Mi"})).limits == {}


def test_figures_for_people() -> None:
    assert [as_cores(value) for value in (0.0, 0.0003, 0.0296, 1.5)] == ["0m", "<1m", "30m", "1500m"]
    assert as_memory(float(Decimal("119.6") * MEBI)) == "120Mi"
