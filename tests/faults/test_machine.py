"""A machine whose names do not resolve, whose clock jumps, whose disk is full: services say so, stay alive, and come back."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from common.messages import CreatePrintJob

from tests.apps.test_variables import bench as bench
from tests.conftest import migrate
from tests.support.bench import Bench
from tests.support.file_systems import elsewhere, on_tmpfs
from tests.support.platform import SECRETS
from tests.support.polling import PATIENCE
from tests.support.receivers import Call, http_receiver
from tests.support.serving import Production, production
from tests.support.shop import eventually, order, rows
from tests.support.storage import RedisServer, postgres

pytestmark = pytest.mark.faults

KEY = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
TIME_LIBRARY = "faketime/libfaketime.so.1"


def lives(service: Production) -> None:
    """It answers, at once."""
    began = time.monotonic()
    assert httpx.get(f"{service.url}/health/live", timeout=PATIENCE).status_code == 200
    assert time.monotonic() - began < PATIENCE / 4


def test_names_that_no_longer_resolve(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    """The name server refuses; what is open is closed, as a database that moves closes it."""
    hosts, servers = tmp_path / "hosts", tmp_path / "resolv.conf"
    known = "127.0.0.1 localhost database.example redis.example\n"
    hosts.write_text(known)
    servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    own = elsewhere(f"mount --bind {hosts} /etc/hosts", f"mount --bind {servers} /etc/resolv.conf")
    url = database_url.replace("127.0.0.1", "database.example")
    with production(
        "order-service", tmp_path, url, redis.url.replace("127.0.0.1", "redis.example"), prefix=own
    ) as service:
        service.wait_for("ok")
        hosts.write_text("127.0.0.1 localhost\n")
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'order-service%%' AND datname = current_database()"
        rows(database_url, mine)
        service.wait_for("unavailable")
        lives(service)
        answer = httpx.get(f"{service.url}/internal/orders", headers=KEY, timeout=PATIENCE)
        assert answer.status_code == 503
        hosts.write_text(known)
        service.wait_for("ok")
        assert httpx.get(f"{service.url}/internal/orders", headers=KEY, timeout=PATIENCE).status_code == 200
        assert "Traceback" not in service.output()


def time_library() -> str:
    """libfaketime, by which a program's clock is set."""
    found = next((str(path) for path in Path("/usr/lib").glob(f"*/{TIME_LIBRARY}")), None)
    if found is None:
        pytest.skip("no libfaketime (Debian: apt install faketime)")
    return found


@pytest.mark.parametrize("jump", ["+2h", "-2h"])
def test_a_clock_that_jumps_delays_no_job(
    bench: Bench, tmp_path: Path, database_url: str, redis: RedisServer, jump: str
) -> None:
    """A provider refuses for a moment; the job's next try is due by the database's clock."""
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    tries: list[float] = []

    def answer(_: Call) -> tuple[int, str]:
        tries.append(time.monotonic())
        return 503, "{}"

    with http_receiver(answer) as provider:
        clock = {
            "LD_PRELOAD": time_library(), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "SIMPLYPRINT_API_URL": provider.url,
        }  # fmt: skip
        with production("print-service", tmp_path, database_url, redis.url, clock) as service:
            service.wait_for("ok")
            offset.write_text(f"{jump}\n")
            bench.send(print_job())
            eventually("it is tried again and again", lambda: len(tries) >= 3)
            lives(service)
            service.wait_for("ok")
            [(away,)] = rows(
                database_url, "SELECT max(abs(extract(epoch FROM next_try - now()))) FROM operations.jobs"
            )
            assert away is None or away < 600
            offset.write_text("+0\n")
            before = len(tries)
            eventually("it goes on", lambda: len(tries) > before)
        assert "Traceback" not in service.output()


def print_job() -> CreatePrintJob:
    return CreatePrintJob(print_job_id=uuid4(), order_id=uuid4(), title="V", sku="VASE", quantity=1)


def test_a_database_whose_disk_is_full(tmp_path: Path, redis: RedisServer) -> None:
    """What cannot be stored is refused with 503, so that it comes again; reading goes on."""
    with on_tmpfs(tmp_path, 256) as small, postgres(small) as server:
        url, ballast = server.create(), small / "ballast"
        migrate(url)
        with production("order-service", tmp_path, url, redis.url) as service:
            service.wait_for("ok")
            sent = iter(range(1000))

            def bought() -> int:
                body = order(*(f"{next(sent)} {each * 1_000_003:050}" for each in range(300)))
                headers = KEY | {"X-Webhook-Topic": "orders/create", "X-Webhook-Id": str(body["id"])}
                answer = httpx.post(
                    f"{service.url}/internal/webhooks/shopify", json=body, headers=headers, timeout=PATIENCE
                )
                return answer.status_code

            assert bought() == 200
            with ballast.open("wb") as file, suppress(OSError):
                while True:
                    file.write(bytes(1 << 16))
            codes: list[int] = []
            while 503 not in codes and len(codes) < 500:
                codes.append(bought())
            assert set(codes) <= {200, 503}
            assert 503 in codes
            lives(service)
            read = httpx.get(f"{service.url}/internal/orders", headers=KEY, timeout=PATIENCE)
            assert (read.status_code, read.json()["orders"] != []) == (200, True)
            ballast.unlink()
            eventually("there is space again", lambda: bought() == 200)
            assert rows(url, "SELECT count(*) FROM webhook_receipts") == [(codes.count(200) + 2,)]
            assert "Traceback" not in service.output()
