"""The gateway takes webhooks where dev/services.yaml says, with the secret and for the owner it says, and nowhere else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import signatures
from devkit.render.environment import on_host
from devkit.table.load import read_table
from gateway.providers import DESCRIBE, Described
from gateway.settings import Settings
from gateway.webhooks import routes

from tests.support.platform import ROOT, SECRETS, environment, python_services, table

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """The gateway's settings, from the table's environment and what differs from it."""

    def call(changes: Mapping[str, str] | None = None, without: tuple[str, ...] = ()) -> Settings:
        ports = {name: 3000 + index for index, name in enumerate(python_services())}
        env = environment("gateway", ports, "postgresql://h/d", "redis://h:1/0") | dict(changes or {})
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in env.items():
            if name not in without:
                monkeypatch.setenv(name, value)
        return Settings.load("gateway")

    return call


def rendered() -> str:
    """WEBHOOK_ROUTES as devkit renders it."""
    known = read_table(ROOT / "dev/services.yaml")
    return on_host(known).of(known.services["gateway"])["WEBHOOK_ROUTES"]


def test_what_devkit_renders_is_what_the_gateway_takes(load: Load) -> None:
    settings = load({"WEBHOOK_ROUTES": rendered()})
    ours = {
        route.provider: (route.path, route.owner, [secret.get_secret_value() for secret in route.secrets])
        for route in settings.routes
    }
    told: dict[str, Any] = table()["services"]["gateway"]["webhooks"]
    assert ours == {
        name: (hook["path"], hook["to"], [SECRETS[hook["secret"]], SECRETS[hook["previous"]]])
        for name, hook in told.items()
    }
    assert {getattr(route, "path", "") for route in routes(settings.routes).routes} == {
        hook["path"] for hook in told.values()
    }
    assert set(ours) <= set(signatures.names())
    assert list(settings.services) == table()["services"]["gateway"]["calls"]


def test_another_path_owner_and_secret_need_no_change_of_code(load: Load) -> None:
    row = {"path": "/hooks/new", "to": "stock", "address": "STOCK_URL", "secret": "STOCK_SECRET"}
    other = {
        "WEBHOOK_ROUTES": json.dumps({"sendcloud": row}),
        "STOCK_URL": "http://stock:1/",
        "STOCK_SECRET": "hush",
    }
    settings = load(other)
    (route,) = settings.routes
    assert (route.provider, route.path, route.owner, route.url) == (
        "sendcloud",
        "/hooks/new",
        "stock",
        "http://stock:1",
    )
    assert [secret.get_secret_value() for secret in route.secrets] == ["hush", ""]
    assert "hush" not in repr(settings) + repr(route)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"shopify": {}}', '{"stripe": {"path": "/x", "to": "a", "address": "A_URL", "secret": "S"}}',
     '{"shopify": {"path": "x", "to": "a", "address": "A_URL", "secret": "S"}}',
     '{"shopify": {"path": "/x", "to": "a", "address": "http://hush", "secret": "S"}}'],
)  # fmt: skip
def test_malformed_routes_stop_it_with_one_line(
    text: str, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        load({"WEBHOOK_ROUTES": text})
    assert stop.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gateway: WEBHOOK_ROUTES is malformed: expected devkit's JSON: for each of ")
    assert "hush" not in line


def test_each_missing_variable_that_a_route_names_has_its_line(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        load(without=("SHOPIFY_CLIENT_SECRET", "PRINT_SERVICE_URL"))
    assert capsys.readouterr().err.splitlines() == [
        "gateway: PRINT_SERVICE_URL is missing: expected an http(s):// URL",
        "gateway: SHOPIFY_CLIENT_SECRET is missing: expected a secret, not blank",
    ]


def test_no_path_and_no_secret_stands_in_its_code() -> None:
    hooks = table()["services"]["gateway"]["webhooks"].values()
    words = {hook[key] for hook in hooks for key in ("path", "secret", "previous")}
    words |= {word.lower() for word in words}
    owners = {hook["to"] for hook in hooks}
    for path in Path(ROOT).glob("apps/gateway/src/**/*.py"):
        text = path.read_text()
        assert not [word for word in words if word in text], path
        if path.name != "api.py":  # it is the API of orders, which one service owns
            assert not [owner for owner in owners if re.search(rf"forward\(.*{owner}", text)], path


def test_shopify_is_described_by_its_headers_prefixed_or_not() -> None:
    describe = DESCRIBE["shopify"]
    expected = Described("id-1", "orders/create", "2026-01-01T00:00:00Z", "a.myshopify.com")
    for prefix in ("X-Shopify-", "x-shopify-", "shopify-", "Shopify-"):
        names = ("Webhook-Id", "Topic", "Triggered-At", "Shop-Domain")
        headers = {f"{prefix}{name}": value for name, value in zip(names, expected, strict=True)}
        assert describe(headers, {}) == expected


def test_the_others_are_described_by_their_bodies() -> None:
    body = {"webhook_id": 1, "event": "job.done", "timestamp": 5, "data": {}}
    assert DESCRIBE["simplyprint"]({}, body) == Described("", "job.done", "5", "")
    changed = {"action": "parcel_status_changed", "timestamp": 7}
    assert DESCRIBE["sendcloud"]({}, changed) == Described("", "parcel_status_changed", "7", "")
