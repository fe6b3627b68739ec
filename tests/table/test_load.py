"""Good tables: what the loader accepts, and what it makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.model import Resources, Table
from devkit.table.load import load_table, parse_table, read_table

GOOD = """version: 1
name: shop
namespace: shop-dev
image_prefix: shop
services:
  order-service:
    type: python
    port: 3000
    debug_port: 9229
    probes: {live: /health/live, ready: /health/ready}
    resources:
      requests: {cpu: 1, memory: 1.5Gi}
      limits: {cpu: 1500m}
"""

# The services that the specification names; more may have come.
SEED = ("gateway", "order-service", "print-service", "shipping-service", "gridflock-service", "provider-sim")


def parsed(text: str) -> Table:
    table, findings = parse_table(text, "services.yaml")
    assert findings == []
    assert table is not None
    return table


def test_the_repositorys_own_table(repository: Path) -> None:
    table = read_table(repository / "dev" / "services.yaml")
    assert {name: table.services[name].port for name in SEED} == {
        "gateway": 3000,
        "order-service": 3001,
        "print-service": 3002,
        "shipping-service": 3003,
        "gridflock-service": 3004,
        "provider-sim": 3005,
    }
    assert [table.services[name].debug_port for name in SEED] == [*range(9229, 9235)]
    assert {n: table.services[n].port for n in ("web", "postgres", "redis", "kubeview")} == {
        "web": 4200,
        "postgres": 5432,
        "redis": 6379,
        "kubeview": 8000,
    }
    assert table.services["gateway"].webhooks["shopify"].path == "/api/v1/webhooks/shopify"


def test_what_is_left_out_follows_from_the_name() -> None:
    service = parsed(GOOD).services["order-service"]
    assert (service.options["app"], service.path) == ("order_service.main:app", "apps/order-service")
    assert service.url_variable == "ORDER_SERVICE_URL"


def test_numbers_may_be_quantities() -> None:
    service = parsed(GOOD).services["order-service"]
    assert service.resources == Resources({"cpu": "1", "memory": "1.5Gi"}, {"cpu": "1500m"})


def test_places_are_kept() -> None:
    place = parsed(GOOD).services["order-service"].place
    assert (place.line, place.column) == (6, 3)


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])
def test_byte_order_mark_and_crlf(change: object, tmp_path: Path) -> None:
    assert callable(change)
    file = tmp_path / "services.yaml"
    file.write_bytes(change(GOOD).encode())
    table, findings = load_table(file)
    assert table is not None, findings
    assert table.services["order-service"].place.line == 6


def test_anchors_and_merge_keys() -> None:
    table = parsed(
        """version: 1
name: shop
namespace: shop-dev
image_prefix: shop
services:
  one: &one
    type: image
    image: thing:1
    port: 8001
    resources: &small {requests: {memory: 64Mi}}
  two:
    <<: *one
    port: 8002
  three: {type: image, image: "thing:1", port: 8003, resources: *small}
"""
    )
    assert [s.port for s in table.services.values()] == [8001, 8002, 8003]
    assert table.services["two"].image == "thing:1"
    assert table.services["two"].resources == table.services["three"].resources


def test_dates_and_plain_words_stay_text() -> None:
    extra = """config:
  DAY: {default: 2026-01-01, about: A day.}
  ANSWER: {default: maybe, about: An answer.}
"""
    table = parsed(GOOD + extra)
    assert [v.default for v in table.config.values()] == ["2026-01-01", "maybe"]


def test_calls_may_be_circular() -> None:
    other = GOOD[GOOD.index("  order-service") :].replace("order", "stock").replace("3000", "3001")
    text = (
        GOOD + "    calls: [stock-service]\n" + other.replace("9229", "9230") + "    calls: [order-service]\n"
    )
    assert parsed(text).services["stock-service"].calls == ("order-service",)


def test_read_table_raises_one_error_with_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "services.yaml"
    file.write_text(GOOD.replace("3000", "80").replace("9229", "443"))
    with pytest.raises(DevkitError) as caught:
        read_table(file)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith("services.yaml has 2 errors\nservices.yaml:8:11: `port` 80")


def test_from_a_subfolder_the_way_to_the_table_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apps" / "api").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "apps" / "api")
    _, findings = load_table(tmp_path / "dev" / "services.yaml")
    assert str(findings[0].place) == "../../dev/services.yaml"


def test_a_table_elsewhere_is_called_by_its_whole_path(tmp_path: Path) -> None:
    _, findings = load_table(tmp_path / "none.yaml")
    assert str(findings[0].place) == (tmp_path / "none.yaml").as_posix()
