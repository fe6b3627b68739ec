"""Postgres and Redis that are slow, hang, are gone or take no more connections: what each service answers, and how it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest
import redis as redis_py

from tests.support.fault_proxy import FaultProxy, Way
from tests.support.figures import Figures
from tests.support.platform import Platform, python_services
from tests.support.polling import PATIENCE, looks
from tests.support.shop import Shop, eventually, order
from tests.support.storage import Postgres, RedisServer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SERVICES = [name for name in python_services() if name != "provider-sim"]
# Providers wait 5 s (Shopify) or longer before they call it a failure and come again.
PROVIDERS_WAIT = 5.0
SLOW_MILLISECONDS = 100


@dataclass
class Stores:
    """A platform and its ways to Postgres and Redis."""

    platform: Platform
    postgres: Way
    redis: Way
    database_url: str
    redis_url: str


@pytest.fixture(scope="module")
def stores(
    proxy: FaultProxy,
    tmp_path_factory: pytest.TempPathFactory,
    database_url: str,
    postgres_server: Postgres,
    redis: RedisServer,
) -> Iterator[Stores]:
    """Started once; each fault finds it in order."""
    to_postgres, to_redis = proxy.way("postgres", postgres_server.port), proxy.way("redis", redis.port)
    theirs = database_url.replace(f":{postgres_server.port}/", f":{to_postgres.port}/")
    url = f"redis://127.0.0.1:{to_redis.port}/0"
    with Platform.prepared(
        tmp_path_factory.mktemp("platform"), theirs, url, {"SIM_SPEED": "100"}
    ) as platform:
        # The providers are not what fails here.
        platform["provider-sim"].env["DATABASE_URL"] = database_url
        platform.start()
        yield Stores(platform, to_postgres, to_redis, database_url, redis.url)


@pytest.fixture(scope="module")
def figures() -> Iterator[Figures]:
    """What was answered at first, and once every service knew; then how long until all was well, and both orders delivered."""
    found = Figures(
        "faults", "./devkit test --crash tests/faults/test_stores.py",
        ("Fault", "A webhook", "The board", "Signing in", "Services say", "Well after", "Delivered after"),
    )  # fmt: skip
    yield found
    if len(found.rows) == len(FAULTS):
        found.write()


@contextmanager
def no_connections_left(stores: Stores) -> Iterator[None]:
    """Postgres takes no more, and those of the services are closed: others are quicker in taking their places."""
    theirs = (
        "FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '-service|gateway'"
    )
    full = r"too many|remaining"
    with ExitStack() as stack, psycopg.connect(stores.database_url, autocommit=True) as operator:
        for _ in looks():
            with pytest.raises(psycopg.OperationalError, match=full):  # noqa: PT012
                while True:
                    stack.enter_context(psycopg.connect(stores.database_url))
            if operator.execute(f"SELECT count(pg_terminate_backend(pid)) {theirs}".encode()).fetchone() == (
                0,
            ):
                break
        yield


@contextmanager
def no_clients_taken(stores: Stores) -> Iterator[None]:
    """Redis takes no more clients; those of the services are closed."""
    with redis_py.Redis.from_url(stores.redis_url) as operator:
        before = operator.config_get("maxclients")["maxclients"]
        operator.config_set("maxclients", 1)
        operator.client_kill_filter(_type="normal", skipme=True)
        operator.client_kill_filter(_type="pubsub")
        try:
            yield
        finally:
            operator.config_set("maxclients", before)


@contextmanager
def through(way: Way, harm: Callable[[Way], None]) -> Iterator[None]:
    """While it lasts, `harm` is done to the way."""
    harm(way)
    try:
        yield
    finally:
        way.restore()


FAULTS: dict[str, Callable[[Stores], object]] = {
    "Postgres is slow": lambda stores: through(stores.postgres, lambda way: way.slow(SLOW_MILLISECONDS)),
    "Postgres hangs": lambda stores: through(stores.postgres, Way.hang),
    "Postgres is down": lambda stores: through(stores.postgres, Way.down),
    "Postgres takes no more connections": no_connections_left,
    "Redis is slow": lambda stores: through(stores.redis, lambda way: way.slow(SLOW_MILLISECONDS)),
    "Redis hangs": lambda stores: through(stores.redis, Way.hang),
    "Redis is down": lambda stores: through(stores.redis, Way.down),
    "Redis takes no more clients": no_clients_taken,
}


@dataclass
class Answer:
    """What a request was answered with, and after how long; code 0 for none."""

    code: int
    seconds: float
    text: str

    def __str__(self) -> str:
        return f"{self.code or 'nothing'} after {self.seconds:.1f} s"


def ask(send: Callable[[], httpx.Response]) -> Answer:
    """Sends a request that must be answered."""
    began = time.monotonic()
    try:
        answer = send()
    except httpx.HTTPError as problem:
        return Answer(0, time.monotonic() - began, repr(problem))
    return Answer(answer.status_code, time.monotonic() - began, answer.text)


def status(platform: Platform, service: str) -> str:
    """What a service says of itself."""
    answer = httpx.get(f"{platform[service].url}/health/ready", timeout=PATIENCE)
    return f"{answer.json()['status']} {answer.status_code}"


# What each service says of itself, once the fault counts.
READY = {
    "Postgres": dict.fromkeys(SERVICES, "unavailable 503"),
    "Redis": dict.fromkeys(SERVICES, "degraded 200") | {"gateway": "unavailable 503"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_answers_and_comes_back(stores: Stores, figures: Figures, fault: str) -> None:
    platform = stores.platform
    shop = Shop(platform["gateway"].url)
    shop.sign_in()
    before, meanwhile = shop.buy("PIN-KEYCHAIN-01"), order("PIN-KEYCHAIN-01")
    store, slow = fault.split()[0], "slow" in fault
    with FAULTS[fault](stores), ThreadPoolExecutor(8) as pool:  # type: ignore[attr-defined]
        expected = dict.fromkeys(SERVICES, "ok 200") if slow else READY[store]
        told: list[dict[str, Answer]] = []
        # At the beginning, when connections are in use, and again when every service knows.
        for round_ in ("at first", "later"):
            webhook = pool.submit(ask, lambda: shop.post("orders/create", meanwhile))
            page = pool.submit(ask, lambda: shop.http.get("/api/v1/orders"))
            signing_in = pool.submit(ask, lambda: Shop(platform["gateway"].url).http.post("/api/v1/auth/login", json={"email": "a@b.c", "password": "wrong"}))  # fmt: skip
            live = [pool.submit(ask, lambda url=platform[name].url: httpx.get(f"{url}/health/live", timeout=PATIENCE)) for name in SERVICES]  # type: ignore[misc]  # fmt: skip
            answers = {"webhook": webhook.result(), "page": page.result(), "signing in": signing_in.result()}
            told.append(answers)
            assert {each.result().code for each in live} == {200}
            for name, answer in answers.items():
                assert answer.code in (200, 401, 503), (name, answer)
            if round_ == "at first":
                for name, wanted in expected.items():
                    eventually(f"{name} is {wanted}", lambda name=name, wanted=wanted: status(platform, name) == wanted, 60)  # type: ignore[misc]  # fmt: skip
    began = time.monotonic()
    for name in SERVICES:
        eventually(f"{name} is well again", lambda name=name: status(platform, name) == "ok 200")  # type: ignore[misc]
    well = time.monotonic() - began
    shop = Shop(platform["gateway"].url)
    shop.sign_in()
    # The provider comes again when it was not told that all is well.
    again = shop.post("orders/create", meanwhile)
    assert again.status_code == 200, again.text
    for bought in (before, str(meanwhile["id"])):
        shop.wait_for(bought, "delivered")
    said = ", ".join(sorted({f"`{each}`" for each in expected.values()}))
    both = [f"{told[0][name]}; {told[1][name]}" for name in told[0]]
    figures.add(fault, *both, said, f"{well:.1f} s", f"{time.monotonic() - began:.1f} s")
    for name in SERVICES:
        output = platform[name].output()
        assert "Traceback" not in output, output[output.index("Traceback") - 300 :][:4000]
