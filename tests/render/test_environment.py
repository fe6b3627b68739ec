"""What a service finds in its environment, on both engines."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from devkit.model import Table
from devkit.render.environment import in_cluster, on_host, secret_names


def test_in_the_cluster(shop: Table) -> None:
    assert in_cluster(shop).of(shop.services["order-service"]) == {
        "APP_PORT": "3000",
        "BANK_URL": "http://bank.shop-dev.svc.cluster.local:8080/v1",
        "GREETING": 'Olá, "world" – it\'s 100 %',
        "LOG_LEVEL": "debug",
        "PAGE_URL": "http://localhost:4200",
        "PRICE": "$(price) in $",
        "STOCK_URL": "http://stock.shop-dev.svc.cluster.local:3001",
        "WEBHOOK_ROUTES": '{"bank": {"path": "/webhooks/bank", "to": "stock", "address": "STOCK_URL", "secret": "API_KEY"}}',
    }


def test_on_this_machine_with_an_offset(shop: Table) -> None:
    found = on_host(shop, 100).of(shop.services["order-service"])
    assert found["APP_PORT"] == "3100"
    assert found["STOCK_URL"] == "http://127.0.0.1:3101"
    assert found["PAGE_URL"] == "http://localhost:4300"


def test_an_address_is_the_same_variable_everywhere(any_table: Table) -> None:
    """So a service that is told `http://stock.shop-dev.svc.cluster.local:3001` instead of `http://127.0.0.1:3001` needs no more."""
    addresses = set()
    for service in any_table.services.values():
        here, there = on_host(any_table).of(service), in_cluster(any_table).of(service)
        assert here.keys() == there.keys(), service.name
        for name, value in there.items():
            url = urlsplit(value)
            if url.scheme in ("http", "https") and (url.hostname or "").endswith(".svc.cluster.local"):
                local = urlsplit(here[name])
                assert local.hostname in ("127.0.0.1", "localhost"), name
                assert (local.scheme, local.path) == (url.scheme, url.path), name
                addresses.add(name)
    assert addresses


def test_a_page_gets_only_its_own(shop: Table) -> None:
    assert on_host(shop).of(shop.services["page"]) == {"VITE_API_URL": "http://localhost:3000"}


@pytest.mark.parametrize("engine", ["cluster", "host"])
def test_both_engines_give_the_same_names(table: Table, engine: str) -> None:
    for service in table.services.values():
        cluster = in_cluster(table).of(service)
        assert cluster.keys() == on_host(table).of(service).keys()
        assert not cluster.keys() & set(secret_names(table, service))


def test_secrets_follow_from_needs(shop: Table) -> None:
    names = {name: secret_names(shop, service) for name, service in shop.services.items()}
    assert names["order-service"] == ("API_KEY", "DATABASE_URL", "REDIS_URL", "SENTRY_DSN")
    assert names["stock"] == ("REDIS_URL",)
    assert names["db"] == ("DB_PASSWORD",)
    assert names["page"] == ()


def test_a_password_is_quoted_in_its_url(shop: Table) -> None:
    found = on_host(shop).connection_urls({"DB_PASSWORD": "p@ss/word:%"})
    assert found == {
        "DATABASE_URL": "postgresql://keeper:p%40ss%2Fword%3A%25@127.0.0.1:5433/shop",
        "REDIS_URL": "redis://127.0.0.1:6379",
    }


def test_a_database_without_a_password_has_no_url_yet(shop: Table) -> None:
    assert in_cluster(shop).default_connection_urls() == {
        "DATABASE_URL": "",
        "REDIS_URL": "redis://cache.shop-dev.svc.cluster.local:6379",
    }


def test_the_repositorys_own_defaults(table: Table) -> None:
    url = "postgresql://forma3d:forma3d_dev@postgres.forma3d-dev.svc.cluster.local:5432/forma3d"
    assert in_cluster(table).default_connection_urls()["DATABASE_URL"] == url
