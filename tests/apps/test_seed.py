"""The seeds can be run again and again, and leave orders that the services understand."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import psycopg

from tests.support.platform import ROOT, SECRETS, Platform
from tests.support.shop import rows
from tests.support.storage import RedisServer


def test_seeds_are_idempotent_and_readable(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    scripts = sorted((ROOT / "dev/seed").glob("*.sql"))
    assert scripts
    counts = []
    for _ in range(2):
        with psycopg.connect(database_url) as connection:
            for script in scripts:
                connection.execute(script.read_bytes())
        query = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM parcels)"
        counts.append(rows(database_url, query))
    assert counts[0] == counts[1]
    with Platform.prepared(tmp_path, database_url, redis.url, only=["order-service"]) as platform:
        service = platform["order-service"]
        service.start()
        key = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
        orders = httpx.get(f"{service.url}/internal/orders", headers=key).json()["orders"]
    assert {order["status"] for order in orders} == {"delivered", "shipping", "failed"}, json.dumps(orders)
