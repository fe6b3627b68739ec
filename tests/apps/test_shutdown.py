"""SIGTERM in a production container: not ready at once, nobody is cut off, and the end comes by itself."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy.engine import make_url
from websockets.exceptions import ConnectionClosed

from tests.support.freezing import Freezing, freezing
from tests.support.live import listening
from tests.support.namespaces import as_first_process
from tests.support.platform import SECRETS
from tests.support.polling import PATIENCE, looks
from tests.support.raw import connected, received
from tests.support.serving import ENDED, Callers, Production, is_refused, production, silent
from tests.support.storage import RedisServer

NAME = "print-service"
LIVE = "/health/live"
HELD_UP = "holds the shutdown up"


@contextmanager
def ready(
    tmp_path: Path, database_url: str, redis: RedisServer, drain: str, name: str = NAME
) -> Iterator[Production]:
    with production(name, tmp_path, database_url, redis.url, {"DRAIN_SECONDS": drain}) as running:
        running.wait_for("unavailable" if name == "gateway" else "ok")  # nobody is behind the gateway
        yield running


def ends(service: Production) -> None:
    """It was neither killed nor held up."""
    assert service.ended() in ENDED, service.output()[-3000:]
    assert HELD_UP not in service.output()


def until_refused(port: int) -> None:
    assert any(is_refused(port) for _ in looks()), "it still listens"


def test_nobody_fails_while_it_drains(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with ready(tmp_path, database_url, redis, "2") as service:
        callers = Callers(service.port, LIVE)
        assert any(callers.answered > 100 for _ in looks())
        service.tell()
        draining = service.wait_for("draining")
        assert (draining.status_code, draining.json()["checks"]) == (503, [])
        assert draining.headers["Connection"] == "close"
        assert httpx.get(f"{service.url}/health/startup", trust_env=False).status_code == 200
        callers.join()
        assert callers.failed == []
        assert callers.told_to_go > 0
        ends(service)


def test_a_request_that_is_coming_in_is_answered(
    tmp_path: Path, database_url: str, redis: RedisServer
) -> None:
    names = ("Webhook-Id", "Webhook-Topic", "Webhook-Triggered-At", "Webhook-Account")
    head = "POST /internal/webhooks/simplyprint HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    head += f"X-Internal-Api-Key: {SECRETS['INTERNAL_API_KEY']}\r\n"
    head += "".join(f"X-{name}: a\r\n" for name in names)
    with (
        ready(tmp_path, database_url, redis, "0.1") as service,
        connected(service.port) as half_a_head,
        connected(service.port) as half_a_body,
    ):
        half_a_head.sendall(head.encode())
        half_a_body.sendall(f"{head}\r\nab".encode())
        service.ready()  # both have come in
        service.tell()
        until_refused(service.port)
        half_a_head.sendall(b"\r\nabcd")
        half_a_body.sendall(b"cd")
        for each in (half_a_head, half_a_body):
            answer = received(each)
            assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4")), answer
            assert b"connection: close" in answer.lower()
        ends(service)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(
    tmp_path: Path, database_url: str, redis: RedisServer, second: signal.Signals
) -> None:
    with ready(tmp_path, database_url, redis, "15") as service:
        service.tell()
        service.wait_for("draining")
        service.tell(second)
        assert service.ended() in (-second, 128 + second)
        assert "Shutting down" not in service.output()


def test_sigint_ends_it_as_sigterm_does(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with ready(tmp_path, database_url, redis, "0") as service:
        service.tell(signal.SIGINT)
        assert service.ended() in (0, 130, -signal.SIGINT)
        assert "Application shutdown complete" in service.output()
        assert "Traceback" not in service.output()


def first_process(service: Production) -> psutil.Process:
    for _ in looks():
        if children := psutil.Process(service.process.pid).children():
            service.pid = children[0].pid
            return children[0]
    raise AssertionError("it did not start")


def test_as_the_first_process_of_a_container(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with production(
        NAME, tmp_path, database_url, redis.url, {"DRAIN_SECONDS": "0.1"}, prefix=as_first_process()
    ) as service:
        first_process(service)
        service.wait_for("ok")
        service.tell()
        ends(service)
        assert "Application shutdown complete" in service.output()


def test_as_the_first_process_a_second_signal_ends_it_at_once(
    tmp_path: Path, database_url: str, redis: RedisServer
) -> None:
    with production(
        NAME, tmp_path, database_url, redis.url, {"DRAIN_SECONDS": "15"}, prefix=as_first_process()
    ) as service:
        first_process(service)
        service.wait_for("ok")
        service.tell()
        service.wait_for("draining")
        service.tell()
        assert service.ended() in ENDED
        assert "Shutting down" not in service.output()


def test_the_first_process_ends_while_it_imports(
    tmp_path: Path, database_url: str, redis: RedisServer
) -> None:
    with production(NAME, tmp_path, database_url, redis.url, prefix=as_first_process()) as service:
        process = first_process(service)

        def heeds() -> bool:
            status = Path(f"/proc/{process.pid}/status").read_text()
            caught = int(re.findall(r"SigCgt:\s+(\w+)", status)[0], 16)
            return bool(caught >> (signal.SIGTERM - 1) & 1)

        assert any(heeds() for _ in looks())
        service.tell()
        assert service.ended() in ENDED


def test_both_stores_hang(tmp_path: Path) -> None:
    """They take connections and never answer: neither a probe nor the end waits for them."""
    with (
        silent() as port,
        production(
            NAME, tmp_path, f"postgresql://u:p@127.0.0.1:{port}/d", f"redis://127.0.0.1:{port}", {"DRAIN_SECONDS": "0"}
        ) as service,
    ):  # fmt: skip
        answer = service.wait_for("unavailable")
        assert answer.status_code == 503
        assert {check["detail"] for check in answer.json()["checks"]} == {"TimeoutError"}
        service.tell()
        ends(service)


def through(database_url: str, port: int) -> str:
    return str(make_url(database_url).set(port=port).render_as_string(hide_password=False))


@contextmanager
def between(
    tmp_path: Path, database_url: str, redis: RedisServer
) -> Iterator[tuple[Production, Freezing, Freezing]]:
    """A service that is ready, and what stands between it and its stores."""
    with (
        freezing(make_url(database_url).port or 0) as postgres,
        freezing(redis.port) as events,
        production(
            NAME, tmp_path, through(database_url, postgres.port), f"redis://127.0.0.1:{events.port}", {"DRAIN_SECONDS": "0"}
        ) as service,
    ):  # fmt: skip
        service.wait_for("ok")
        yield service, postgres, events


def test_a_store_that_freezes_is_asked_rarely(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with between(tmp_path, database_url, redis) as (service, postgres, _):
        postgres.freeze()
        before = postgres.taken
        with ThreadPoolExecutor(50) as probes:
            answers = list(probes.map(lambda _: service.ready(), range(100)))
        assert {answer.status_code for answer in answers} <= {200, 503}
        service.wait_for("unavailable")
        assert postgres.taken - before < 10
        assert httpx.get(f"{service.url}{LIVE}", trust_env=False).status_code == 200
        postgres.thaw()
        service.wait_for("ok")


@pytest.mark.soak
def test_stores_that_freeze_hold_no_end_up(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    """Whatever waits for them then: the last moment comes before anybody would kill it."""
    with between(tmp_path, database_url, redis) as (service, postgres, events):
        postgres.freeze()
        events.freeze()
        service.tell()
        assert service.ended() in ENDED, service.output()[-3000:]


def test_it_says_so_while_it_starts(tmp_path: Path, redis: RedisServer) -> None:
    """The gateway's start looks for its user in Postgres, and gives that up after some seconds; its end does not wait so
    long."""
    with (
        silent() as port,
        production(
            "gateway", tmp_path, f"postgresql://u:p@127.0.0.1:{port}/d", redis.url, {"DRAIN_SECONDS": "0"}
        ) as service,
    ):
        starting = service.wait_for("starting")
        assert starting.status_code == 503
        asked = {path: httpx.get(f"{service.url}{path}", trust_env=False) for path in (LIVE, "/health/startup", "/api/v1/orders")}  # fmt: skip
        if service.ready().json()["status"] == "starting":  # still: so it was all along
            assert [answer.status_code for answer in asked.values()] == [200, 503, 503]
            assert asked["/api/v1/orders"].headers["Retry-After"] == "1"
        service.tell()
        ends(service)


def test_open_pages_are_told_to_come_back(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with (
        ready(tmp_path, database_url, redis, "0.1", "gateway") as service,
        httpx.Client(base_url=service.url, timeout=PATIENCE, trust_env=False) as browser,
    ):
        assert browser.post("/api/v1/auth/dev-login").is_success
        with listening(service.url, browser.cookies["forma3d_session"]) as page:
            polling = {"EIO": "4", "transport": "polling"}
            opened = browser.get("/socket.io/", params=polling).text
            polling["sid"] = str(re.findall(r'"sid":"([^"]+)"', opened)[0])
            assert browser.post("/socket.io/", params=polling, content="40").is_success
            assert browser.get("/socket.io/", params=polling).text.startswith("40")
            with connected(service.port) as held:
                query = "&".join(f"{name}={value}" for name, value in polling.items())
                held.sendall(f"GET /socket.io/?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                service.ready()  # it has come in
                service.tell()
                assert received(held).endswith(b"\r\n1\r\n1\r\n0\r\n\r\n"), "one chunk: Engine.IO's close"
            with suppress(ConnectionClosed):
                while True:
                    page.recv(PATIENCE)
            assert page.close_code == 1012
        ends(service)


@pytest.mark.parametrize("seconds", ["soon", "-1", "16", "nan"])
def test_a_malformed_drain_is_named(tmp_path: Path, seconds: str) -> None:
    with production(NAME, tmp_path, "postgresql://a/b", "redis://a", {"DRAIN_SECONDS": seconds}) as service:
        assert service.ended() == 78
        assert service.output() == "DRAIN_SECONDS is malformed: expected a number of seconds, 0 to 15\n"


def test_a_taken_port_is_named(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        with production(NAME, tmp_path, database_url, redis.url, {"APP_PORT": port}) as service:
            assert service.ended() == 1
            assert f"port {port}: {os.strerror(98)}" in service.output()


@pytest.mark.soak
def test_a_request_that_never_ends(tmp_path: Path, database_url: str, redis: RedisServer) -> None:
    with (
        ready(tmp_path, database_url, redis, "0", "gateway") as service,
        connected(service.port) as held,
    ):
        held.sendall(b"POST /webhooks/simplyprint HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        service.ready()
        process = psutil.Process(service.process.pid)
        service.tell()
        assert process.wait(25) is not None
        ends(service)
