"""The gateway as strangers meet it: exact paths, guessed passwords, too many connections, a Redis that was away."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.bench import Bench
from tests.support.platform import SECRETS, ServiceProcess
from tests.support.polling import looks
from tests.support.raw import connected, exchange, received, statuses
from tests.support.storage import RedisServer

EMAIL, PASSWORD = "dev@forma3d.local", SECRETS["LOGIN_PASSWORD"]


@pytest.fixture(scope="module")
def gateway(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, redis: RedisServer
) -> Iterator[ServiceProcess]:
    """In no hurry to forget failures; behind a proxy on this machine, so that a test can come from any address."""
    changes = {"SIGN_IN_BLOCK_SECONDS": "3600", "TRUSTED_PROXIES": "127.0.0.1"}
    bench = Bench(tmp_path_factory.mktemp("facing"), database_url, redis.url)
    with bench.run("gateway", **changes) as gateway:
        yield gateway


@pytest.fixture
def forgotten(redis: RedisServer) -> None:
    """No failure is known."""
    redis.empty()


def login(gateway: ServiceProcess, email: str, password: str, address: str = "192.0.2.1") -> httpx.Response:
    return httpx.post(
        f"{gateway.url}/api/v1/auth/login",
        json={"email": email, "password": password},
        headers={"X-Forwarded-For": address},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/webhooks/shopify"),
        ("POST", "/webhooks/simplyprint"),
        ("POST", "/webhooks/sendcloud"),
        ("GET", "/health/live"),
        ("GET", "/api/v1/auth/offer"),
        ("GET", "/api/v1/orders"),
        ("GET", "/api/v1/orders/nonsense"),
        ("DELETE", "/api/v1/orders"),
        ("GET", "/nowhere"),
    ],
)
def test_a_slash_more_is_the_same_path(gateway: ServiceProcess, method: str, path: str) -> None:
    """A provider does not follow a redirect, and the Host header must not say where to."""
    headers = {"Host": "evil.example"}
    answers = [httpx.request(method, gateway.url + each, headers=headers) for each in (path, path + "/")]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].text == answers[1].text
    assert not [answer for answer in answers if "location" in answer.headers]


@pytest.mark.parametrize("path", ["//", "/health/live//", "//evil.example/", "/socket.io", "/docs/"])
def test_no_path_is_redirected(gateway: ServiceProcess, path: str) -> None:
    answer = exchange(
        gateway.port, f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode()
    )
    assert statuses(answer) in ([200], [404])
    assert b"location:" not in answer.lower()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_a_guessed_account_waits_whoever_asks(gateway: ServiceProcess, email: str) -> None:
    """It is the same for an account that does not exist, and for the right password."""
    codes = [login(gateway, email, "wrong", f"192.0.2.{each}").status_code for each in range(12)]
    assert codes == [401] * 10 + [429] * 2
    right = login(gateway, email.upper(), PASSWORD, "198.51.100.1")
    assert right.status_code == 429
    assert right.json()["detail"].startswith("too many failed sign-ins; try again in ")
    assert 0 < int(right.headers["Retry-After"]) <= 3600


@pytest.mark.usefixtures("forgotten")
def test_a_guessing_address_waits_whatever_account_it_tries(gateway: ServiceProcess) -> None:
    codes = [login(gateway, f"user-{each}@example.com", "wrong").status_code for each in range(32)]
    assert codes == [401] * 30 + [429] * 2
    assert login(gateway, EMAIL, PASSWORD).status_code == 429
    assert login(gateway, EMAIL, PASSWORD, "198.51.100.1").status_code == 200


@pytest.mark.usefixtures("forgotten")
def test_an_address_that_waits_locks_nobody_else_out(gateway: ServiceProcess) -> None:
    for each in range(30):
        login(gateway, f"user-{each}@example.com", "wrong")
    assert {login(gateway, EMAIL, "wrong").status_code for _ in range(12)} == {429}
    assert login(gateway, EMAIL, PASSWORD, "198.51.100.1").status_code == 200


@pytest.mark.usefixtures("forgotten")
def test_who_signs_in_starts_again_and_never_waits(gateway: ServiceProcess) -> None:
    for _ in range(4):
        assert {login(gateway, EMAIL, "wrong").status_code for _ in range(6)} == {401}
        assert login(gateway, EMAIL, PASSWORD).status_code == 200
    assert {login(gateway, EMAIL, PASSWORD, "198.51.100.1").status_code for _ in range(40)} == {200}


def test_signing_in_needs_redis_and_the_first_one_after_its_restart_works(
    gateway: ServiceProcess, redis: RedisServer
) -> None:
    """The connections of the pool died with it: that was answered with 500."""
    redis.empty()
    assert login(gateway, EMAIL, PASSWORD).status_code == 200
    redis.stop()
    away = login(gateway, EMAIL, PASSWORD)
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    redis.start()
    assert login(gateway, EMAIL, PASSWORD).status_code == 200
    redis.stop()
    redis.start()
    assert login(gateway, EMAIL, PASSWORD).status_code == 200
    assert "Traceback" not in gateway.output()


def test_a_password_is_not_sent_back(gateway: ServiceProcess) -> None:
    answer = httpx.post(f"{gateway.url}/api/v1/auth/login", json={"emaik": EMAIL, "password": ["hunter2"]})
    assert answer.status_code == 422
    assert {error["msg"] for error in answer.json()["detail"]} == {
        "Field required",
        "Input should be a valid string",
    }
    assert "hunter2" not in answer.text


def test_half_sent_requests_are_ended_and_one_client_cannot_take_all_places(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, redis: RedisServer
) -> None:
    """1,500 of them were all still open after 75 s."""
    bench = Bench(tmp_path_factory.mktemp("crowd"), database_url, redis.url)
    with bench.run("gateway") as gateway:
        begun = [connected(gateway.port) for _ in range(100)]
        for each in begun:
            each.sendall(b"GET /health/live HTTP/1.1\r\nX-")
        assert any(statuses(exchange(gateway.port, b"")) == [503] for _ in looks())
        assert {tuple(statuses(received(each))) for each in begun} == {(408,)}
        for each in begun:
            each.close()
        assert any(
            statuses(exchange(gateway.port, b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n"))
            == [200]
            for _ in looks()
        )
