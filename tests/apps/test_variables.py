"""Every variable in the service table changes what a service does; one that changes nothing is to be deleted."""

from __future__ import annotations

import base64
import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import httpx
import psycopg
import pytest
from common.messages import CreateParcel, CreatePrintJob, Message, ShippingAddress
from signatures import scheme

from tests.support.bench import Bench
from tests.support.platform import (
    SECRETS,
    Platform,
    ServiceProcess,
    python_services,
    table,
)
from tests.support.polling import PATIENCE
from tests.support.receivers import Call, collector, http_receiver
from tests.support.shop import Shop, eventually, execute, rows
from tests.support.storage import RedisServer, free_port

F = TypeVar("F", bound=Callable[..., None])
PROVEN: set[str] = set()
WEBHOOKS = {
    "shopify": "/api/v1/webhooks/shopify",
    "simplyprint": "/webhooks/simplyprint",
    "sendcloud": "/webhooks/sendcloud",
}


def proves(*variables: str) -> Callable[[F], F]:
    """Says which variables a test shows at work."""
    PROVEN.update(variables)
    return lambda test: test


@pytest.fixture
def bench(tmp_path: Path, database_url: str, redis: RedisServer) -> Bench:
    return Bench(tmp_path, database_url, redis.url)


def post(gateway: ServiceProcess, provider: str, secret: str | None) -> int:
    """Posts a webhook, signed with `secret` or not at all. No owner is up: 503 means that it was let in."""
    signature = scheme(provider).sign(secret, b"{}") if secret else {}
    return httpx.post(gateway.url + WEBHOOKS[provider], content=b"{}", headers=signature).status_code


def due_again(database_url: str) -> None:
    """What is done at set times has not been done yet."""
    execute(database_url, "DELETE FROM procrastinate_periodic_defers")


def login(gateway: ServiceProcess, email: str, password: str) -> httpx.Response:
    return httpx.post(f"{gateway.url}/api/v1/auth/login", json={"email": email, "password": password})


@proves("NODE_ENV", "WEBHOOK_SKIP_VERIFICATION")
@pytest.mark.parametrize("node_env", ["development", "test", "staging", "production"])
@pytest.mark.parametrize("skip", ["true", "false"])
def test_only_development_skips_verification_and_offers_to_sign_in(
    bench: Bench, node_env: str, skip: str
) -> None:
    development = node_env == "development"
    with bench.run("gateway", NODE_ENV=node_env, WEBHOOK_SKIP_VERIFICATION=skip) as gateway:
        skipped = development and skip == "true"
        assert {post(gateway, provider, None) for provider in WEBHOOKS} == {503 if skipped else 401}
        offer = httpx.get(f"{gateway.url}/api/v1/auth/offer").json()
        email = {"email": "dev@forma3d.local"}
        assert offer == ({"development": True, **email} if development else {"development": False})
        signed_in = httpx.post(f"{gateway.url}/api/v1/auth/dev-login")
        assert signed_in.status_code == (200 if development else 404)
        assert httpx.get(f"{gateway.url}/docs").status_code == (200 if development else 404)
        cookie = login(gateway, "dev@forma3d.local", SECRETS["LOGIN_PASSWORD"]).headers["set-cookie"].lower()
        assert ("secure" in cookie) is not development
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        written = gateway.output()
        assert ("WEBHOOK NOT VERIFIED" in written) is skipped
        assert ("WEBHOOK_SKIP_VERIFICATION IS ON" in written) is skipped
        assert ("is ignored outside development" in written) is (skip == "true" and not development)
        structured = [line for line in written.splitlines() if line.startswith("{")]
        assert bool(structured) is not development
        for line in structured:
            assert json.loads(line)["service"] == "gateway"


@proves("LOG_LEVEL")
def test_log_level(bench: Bench) -> None:
    seen = {}
    for level in ("debug", "error"):
        with bench.run("gateway", LOG_LEVEL=level) as gateway:
            post(gateway, "shopify", None)
            httpx.get(f"{gateway.url}/api/v1/auth/offer")
            seen[level] = gateway.output()
    assert "webhook refused" in seen["debug"]
    assert "/api/v1/auth/offer" in seen["debug"]
    assert "webhook refused" not in seen["error"]
    assert "/api/v1/auth/offer" not in seen["error"]


@proves("OTEL_EXPORTER_OTLP_ENDPOINT")
def test_spans_go_to_the_collector(bench: Bench) -> None:
    with (
        collector() as received,
        bench.run("order-service", OTEL_EXPORTER_OTLP_ENDPOINT=received.url) as service,
    ):
        key = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
        assert httpx.get(f"{service.url}/internal/orders", headers=key).status_code == 200
        service.stop()
        names = {name for owner, name in received.spans if owner == "order-service"}
    assert any("/internal/orders" in name for name in names), names
    assert any("SELECT" in name for name in names), names
    assert not any("/health" in name for name in names), names


def test_a_collector_that_is_away_holds_nothing_up(bench: Bench) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with bench.run("order-service", OTEL_EXPORTER_OTLP_ENDPOINT=nowhere) as service:
        key = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
        assert httpx.get(f"{service.url}/internal/orders", headers=key).status_code == 200
        assert service.stop() == -signal.SIGTERM


class _Unreadable(Message):
    """`parcel_changed`, without what belongs in it."""

    queue = "order-service"

    @property
    def key(self) -> str:
        return "bad"

    @classmethod
    def job_name(cls) -> str:
        return "parcel_changed"


@proves("SENTRY_DSN")
def test_errors_go_to_sentry(bench: Bench) -> None:
    with http_receiver() as receiver:
        dsn = receiver.url.replace("http://", "http://public@") + "/1"
        with bench.run("order-service", SENTRY_DSN=dsn):
            bench.send(_Unreadable(order_id=uuid4()))
            eventually("an error is reported", lambda: receiver.to("/api/1/envelope/"))
    reported = b"".join(call.body for call in receiver.calls)
    assert b"order-service" in reported
    assert b"development" in reported
    assert not [name for name, value in SECRETS.items() if value and value.encode() in reported]


@proves("BREAKPOINT_SECONDS")
@pytest.mark.parametrize(("seconds", "code"), [("0", 503), ("60", 200)])
def test_a_service_at_a_breakpoint_is_waited_for(bench: Bench, seconds: str, code: int) -> None:
    def held(_: Call) -> tuple[int, str]:
        time.sleep(5)
        return 200, "{}"

    secret = SECRETS["SHOPIFY_CLIENT_SECRET"]
    with http_receiver(held) as owner:
        more = {"ORDER_SERVICE_URL": owner.url, "BREAKPOINT_SECONDS": seconds}
        with bench.run("gateway", **more) as gateway:
            signature = scheme("shopify").sign(secret, b"{}")
            url = gateway.url + WEBHOOKS["shopify"]
            assert httpx.post(url, content=b"{}", headers=signature, timeout=PATIENCE).status_code == code


@proves("DATABASE_CONNECTIONS")
@pytest.mark.parametrize("most", [6, 9])
def test_a_service_has_no_more_connections_than_it_may(bench: Bench, database_url: str, most: int) -> None:
    """Four are its queue's."""
    open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE %s"
    key = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
    with (
        # A busy machine takes its time to see the connections, and requests would be given up meanwhile.
        bench.run("order-service", DATABASE_CONNECTIONS=str(most), BREAKPOINT_SECONDS="120") as service,
        httpx.Client(base_url=service.url, headers=key, timeout=PATIENCE) as caller,
        ThreadPoolExecutor(12) as pool,
    ):
        with psycopg.connect(database_url) as holder:
            holder.execute("LOCK TABLE orders")
            answers = [pool.submit(caller.get, "/internal/orders") for _ in range(12)]
            eventually(
                "as many wait", lambda: rows(database_url, open_now, "order-service")[0][0] == most - 4
            )
            # Postgres may not have noticed yet that one is closed.
            eventually(
                "no more than that", lambda: rows(database_url, open_now, "order-service%")[0][0] <= most
            )
        assert {answer.result().status_code for answer in answers} == {200}


@proves("RATE_LIMIT_DEFAULT")
def test_rate_limit(bench: Bench, redis: RedisServer) -> None:
    redis.empty()
    with bench.run("gateway", RATE_LIMIT_DEFAULT="3") as gateway:
        answers = [httpx.get(f"{gateway.url}/api/v1/auth/offer") for _ in range(7)]
        # A new minute may begin in between, once; then four of them are in one.
        assert 429 in [answer.status_code for answer in answers]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert {httpx.get(f"{gateway.url}/health/live").status_code for _ in range(5)} == {200}
    redis.empty()


@proves("TRUSTED_PROXIES")
def test_a_client_behind_a_trusted_proxy_is_the_one_that_it_names(bench: Bench, redis: RedisServer) -> None:
    """The rightmost that is no proxy itself: what stands before it, the client may have written."""

    def ask(gateway: ServiceProcess, forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return httpx.get(f"{gateway.url}/api/v1/auth/offer", headers=headers).status_code

    redis.empty()
    changes = {"RATE_LIMIT_DEFAULT": "3"}
    with bench.run("gateway", TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8", **changes) as gateway:
        assert 429 in [ask(gateway, f"1.2.3.{each}, 192.0.2.1, 10.1.1.1") for each in range(8)]
        assert {ask(gateway, f"192.0.2.1, 192.0.2.{each}") for each in range(2, 10)} == {200}
    redis.empty()
    with bench.run("gateway", TRUSTED_PROXIES="", **changes) as gateway:
        assert 429 in [ask(gateway, f"192.0.2.{each}") for each in range(8)]
    redis.empty()


@proves("SIGN_IN_BLOCK_SECONDS")
def test_after_some_failures_an_account_waits(bench: Bench, redis: RedisServer) -> None:
    redis.empty()
    with bench.run("gateway", SIGN_IN_BLOCK_SECONDS="3600") as gateway:
        wrong = [login(gateway, "dev@forma3d.local", "wrong") for _ in range(11)]
        assert [answer.status_code for answer in wrong] == [401] * 10 + [429]
        assert 3000 < int(wrong[-1].headers["Retry-After"]) <= 3600
    redis.empty()
    with bench.run("gateway", SIGN_IN_BLOCK_SECONDS="1") as gateway:

        def failed() -> int:
            return login(gateway, "dev@forma3d.local", "wrong").status_code

        for _ in range(10):
            failed()
        eventually("it has waited", lambda: failed() == 401)
    redis.empty()


def test_a_busy_page_holds_no_webhook_back(bench: Bench, redis: RedisServer) -> None:
    redis.empty()
    with bench.run("gateway", RATE_LIMIT_DEFAULT="3") as gateway:
        pages = [httpx.get(f"{gateway.url}/api/v1/auth/offer").status_code for _ in range(8)]
        assert 429 in pages
        for provider in WEBHOOKS:
            assert post(gateway, provider, "wrong") == 401
        assert 429 in [post(gateway, "sendcloud", "wrong") for _ in range(8)]
    redis.empty()


@proves(
    "WEB_URL",
    "LOGIN_EMAIL",
    "LOGIN_PASSWORD",
    "SESSION_SECRET",
    "SHOPIFY_CLIENT_SECRET",
    "SIMPLYPRINT_WEBHOOK_TOKEN",
    "SENDCLOUD_SECRET_KEY",
)
def test_a_gateway_goes_by_its_own_secrets_origin_and_user(bench: Bench) -> None:
    page = "http://page.example.com"
    secrets = {"shopify": "S-1", "simplyprint": "P-1", "sendcloud": "C-1"}
    names = {
        "shopify": "SHOPIFY_CLIENT_SECRET",
        "simplyprint": "SIMPLYPRINT_WEBHOOK_TOKEN",
        "sendcloud": "SENDCLOUD_SECRET_KEY",
    }
    changes = {names[provider]: secret for provider, secret in secrets.items()}
    changes |= {"WEB_URL": page, "LOGIN_EMAIL": "Me@example.com", "SESSION_SECRET": "other-session-secret"}
    with bench.run("gateway") as usual, bench.run("gateway", **changes, LOGIN_PASSWORD="new-one") as other:
        for provider, secret in secrets.items():
            usual_secret = SECRETS[names[provider]]
            assert (post(usual, provider, usual_secret), post(usual, provider, secret)) == (503, 401)
            assert (post(other, provider, usual_secret), post(other, provider, secret)) == (401, 503)
        for origin, gateway, allowed in [(page, other, True), (page, usual, False)]:
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = httpx.options(f"{gateway.url}/api/v1/orders", headers=asked)
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        assert login(usual, "dev@forma3d.local", SECRETS["LOGIN_PASSWORD"]).status_code == 200
        assert login(other, "me@example.com", SECRETS["LOGIN_PASSWORD"]).status_code == 401
        mine = login(other, "me@example.com", "new-one")
        assert mine.json() == {"email": "me@example.com"}
        cookies = dict(mine.cookies)
        assert httpx.get(f"{other.url}/api/v1/auth/me", cookies=cookies).status_code == 200
        # The session is in the Redis that both share, but only one of them trusts its signature.
        assert httpx.get(f"{usual.url}/api/v1/auth/me", cookies=cookies).status_code == 401


@proves(
    "SHOPIFY_CLIENT_SECRET_PREVIOUS", "SIMPLYPRINT_WEBHOOK_TOKEN_PREVIOUS", "SENDCLOUD_SECRET_KEY_PREVIOUS"
)
def test_a_secret_that_is_being_replaced_is_accepted_beside_the_new_one(bench: Bench) -> None:
    new = {
        "SHOPIFY_CLIENT_SECRET": "S-2",
        "SIMPLYPRINT_WEBHOOK_TOKEN": "P-2",
        "SENDCLOUD_SECRET_KEY": "C-2",
    }
    old = {f"{name}_PREVIOUS": value.replace("2", "1") for name, value in new.items()}
    with bench.run("gateway", **new, **old) as both, bench.run("gateway", **new) as only_new:
        for provider, letter in (("shopify", "S"), ("simplyprint", "P"), ("sendcloud", "C")):
            answers = [post(both, provider, f"{letter}-{n}") for n in (0, 1, 2)]
            assert answers == [401, 503, 503], provider
            assert [post(only_new, provider, secret) for secret in (f"{letter}-1", f"{letter}-2")] == [
                401,
                503,
            ]
            assert post(both, provider, None) == 401


@proves("LOGIN_PASSWORD")
def test_a_new_password_replaces_the_old_one_at_the_next_start(bench: Bench) -> None:
    who = "changer@example.com"
    for password, other in [("first", "second"), ("second", "first")]:
        with bench.run("gateway", LOGIN_EMAIL=who, LOGIN_PASSWORD=password) as gateway:
            assert login(gateway, who, password).status_code == 200
            assert login(gateway, who, other).status_code == 401


@proves("INTERNAL_API_KEY")
def test_gateway_and_service_must_have_the_same_key(
    tmp_path: Path, database_url: str, redis: RedisServer
) -> None:
    with Platform.prepared(tmp_path, database_url, redis.url, only=["gateway", "order-service"]) as platform:
        platform["order-service"].env["INTERNAL_API_KEY"] = "another-key"
        platform["order-service"].start()
        platform["gateway"].start()
        shop = Shop(platform["gateway"].url)
        assert shop.post("products/update", {"id": 1}).status_code == 503
        platform["order-service"].stop()
        platform["order-service"].env["INTERNAL_API_KEY"] = SECRETS["INTERNAL_API_KEY"]
        platform["order-service"].start()
        assert shop.post("products/update", {"id": 1}).json() == {"status": "ignored"}


@proves("SIMPLYPRINT_API_URL", "SIMPLYPRINT_COMPANY_ID", "SIMPLYPRINT_API_KEY")
def test_print_service_calls_that_simplyprint_with_that_key(bench: Bench) -> None:
    def answer(call: Call) -> tuple[int, str]:
        if call.path.startswith("/42/files"):
            return 200, '{"status": true, "files": [{"id": "abc", "name": "VASE.gcode"}]}'
        return 200, '{"status": true, "created_id": 51293}'

    with http_receiver(answer) as receiver:
        changes = {
            "SIMPLYPRINT_API_URL": f"{receiver.url}/",
            "SIMPLYPRINT_COMPANY_ID": "42",
            "SIMPLYPRINT_API_KEY": "K-42",
        }
        with bench.run("print-service", **changes):
            job = CreatePrintJob(print_job_id=uuid4(), order_id=uuid4(), title="V", sku="VASE", quantity=3)
            bench.send(job)
            call = eventually("it is queued", lambda: receiver.to("/42/queue/AddItem"))[0]
    assert json.loads(call.body) == {"filesystem": "abc", "amount": 3}
    assert {call.headers["x-api-key"] for call in receiver.calls} == {"K-42"}


@proves("SENDCLOUD_API_URL", "SENDCLOUD_PUBLIC_KEY", "SENDCLOUD_SECRET_KEY")
def test_shipping_service_calls_that_sendcloud_with_those_keys(bench: Bench) -> None:
    parcel = '{"parcel": {"id": 1, "status": {"id": 1000, "message": "Ready to send"}}}'
    with http_receiver(lambda _: (200, parcel)) as receiver:
        changes = {
            "SENDCLOUD_API_URL": receiver.url,
            "SENDCLOUD_PUBLIC_KEY": "PUB",
            "SENDCLOUD_SECRET_KEY": "SEC",
        }
        with bench.run("shipping-service", **changes):
            to = ShippingAddress(
                name="Ada", address="Kerkstraat 1", city="Gent", postal_code="9000", country="BE"
            )
            order = {"order_number": "#1", "total": "1.00", "currency": "EUR", "items": 1, "to": to}
            bench.send(CreateParcel.model_validate({"order_id": uuid4(), **order}))
            call = eventually("it is announced", lambda: receiver.to("/api/v2/parcels"))[0]
    assert json.loads(call.body)["parcel"]["city"] == "Gent"
    assert base64.b64decode(call.headers["authorization"].removeprefix("Basic ")) == b"PUB:SEC"


@proves("PROVIDER_SIM_URL")
def test_what_is_only_watched_is_shown_and_stops_nothing(bench: Bench) -> None:
    def shown(gateway: ServiceProcess) -> dict[str, tuple[str, str, str]]:
        services = httpx.get(f"{gateway.url}/api/v1/platform/health").json()["services"]
        return {one["name"]: (one["state"], one["detail"], one["since"]) for one in services}

    nowhere = f"http://127.0.0.1:{free_port()}"
    with http_receiver() as there:
        with bench.run("gateway", PROVIDER_SIM_URL=there.url) as gateway:
            assert shown(gateway)["provider-sim"][0] == "up"
            assert [call.path for call in there.calls] == ["/health/ready"]
        with bench.run("gateway", PROVIDER_SIM_URL=nowhere) as gateway:
            first, second = (shown(gateway)["provider-sim"] for _ in range(2))
            assert first[:2] == ("down", "does not run")
            assert second[2] == first[2], "since the first time"
            assert httpx.get(f"{gateway.url}/health/live").status_code == 200
        with bench.run("gateway", PROVIDER_SIM_URL="") as gateway:
            assert "provider-sim" not in shown(gateway)


@proves("SHOPIFY_WEBHOOK_URL", "SHOPIFY_CLIENT_SECRET")
def test_the_simulated_shop_posts_signed_orders(bench: Bench) -> None:
    with (
        http_receiver() as gateway,
        bench.run(
            "provider-sim", SHOPIFY_WEBHOOK_URL=f"{gateway.url}/hook", SHOPIFY_CLIENT_SECRET="pinch"
        ) as sim,
    ):
        placed = httpx.post(f"{sim.url}/sim/shop/orders", json={"seed": 7}).json()
        call = eventually("it is told", lambda: gateway.to("/hook"))[0]
    assert scheme("shopify").verify("pinch", call.body, call.headers)
    assert json.loads(call.body)["name"] == placed["number"]
    assert call.headers["x-shopify-topic"] == "orders/create"


@proves("WEBHOOK_RETENTION_DAYS")
@pytest.mark.parametrize(
    ("owner", "provider"),
    [("order-service", "shopify"), ("print-service", "simplyprint"), ("shipping-service", "sendcloud")],
)
def test_bodies_of_webhooks_are_forgotten(bench: Bench, database_url: str, owner: str, provider: str) -> None:
    for age in (1, 3):
        execute(
            database_url,
            "INSERT INTO webhook_receipts (id, provider, webhook_id, topic, subject, triggered_at, account, body, outcome, received_at)"
            " VALUES (gen_random_uuid(), %s, %s, 't', '', '', '', 'x', 'stored', now() - make_interval(days => %s))",
            provider, f"aged-{age}", age,
        )  # fmt: skip
    held = "SELECT webhook_id FROM webhook_receipts WHERE provider = %s AND body IS NOT NULL AND topic = 't'"
    with bench.run(owner, WEBHOOK_RETENTION_DAYS="30"):
        assert len(rows(database_url, held, provider)) == 2
    due_again(database_url)
    with bench.run(owner, WEBHOOK_RETENTION_DAYS="2"):
        eventually("one is forgotten", lambda: rows(database_url, held, provider) == [("aged-1",)])


@proves("JOURNAL_RETENTION_DAYS")
def test_the_journal_is_thinned_out(bench: Bench, database_url: str) -> None:
    for age in (1, 3):
        execute(
            database_url,
            "INSERT INTO journal (service, order_id, what, at)"
            " VALUES ('tests', gen_random_uuid(), %s, now() - make_interval(days => %s))",
            f"aged-{age}", age,
        )  # fmt: skip
    kept = "SELECT what FROM journal WHERE service = 'tests' ORDER BY what"
    with bench.run("order-service", JOURNAL_RETENTION_DAYS="30"):
        assert len(rows(database_url, kept)) == 2
    due_again(database_url)
    with bench.run("order-service", JOURNAL_RETENTION_DAYS="2"):
        eventually("one is gone", lambda: rows(database_url, kept) == [("aged-1",)])


@proves("GRIDFLOCK_MAX_CELLS")
def test_largest_baseplate(bench: Bench) -> None:
    key = {"X-Internal-Api-Key": SECRETS["INTERNAL_API_KEY"]}
    with bench.run("gridflock-service", GRIDFLOCK_MAX_CELLS="4") as service:
        for columns, code in [(2, 200), (3, 422)]:
            plate = {"columns": columns, "rows": 2}
            answer = httpx.post(f"{service.url}/internal/baseplates", json=plate, headers=key)
            assert answer.status_code == code


@proves(
    "SIM_SPEED",
    "SIMPLYPRINT_WEBHOOK_TOKEN",
    "SENDCLOUD_SECRET_KEY",
    "SIMPLYPRINT_WEBHOOK_URL",
    "SENDCLOUD_WEBHOOK_URL",
)
def test_the_simulator_moves_at_its_speed_and_signs_with_its_secrets(bench: Bench) -> None:
    with http_receiver() as gateway:
        urls = {f"{name}_WEBHOOK_URL": f"{gateway.url}/{name}" for name in ("SIMPLYPRINT", "SENDCLOUD")}
        for speed, moves in [("0", False), ("3000", True)]:
            with bench.run("provider-sim", SIM_SPEED=speed, **urls) as sim:
                if not moves:
                    added = httpx.post(
                        f"{sim.url}/simplyprint/1/queue/AddItem",
                        json={"filesystem": b"VASE".hex(), "amount": 1},
                        headers={"X-API-KEY": "any"},
                    )
                    assert added.json()["status"] is True
                    to = {"name": "Ada", "address": "Kerkstraat 1", "city": "Gent", "postal_code": "9000"}
                    parcel = {"parcel": {**to, "country": "BE", "request_label": True}}
                    auth = ("public", SECRETS["SENDCLOUD_SECRET_KEY"])
                    url = f"{sim.url}/sendcloud/api/v2/parcels"
                    assert httpx.post(url, json=parcel, auth=auth).status_code == 200
                    assert httpx.get(f"{sim.url}/sim/clock").json()["speed"] == 0
                    assert [job["status"] for job in httpx.get(f"{sim.url}/sim/jobs").json()] == ["queued"]
                    assert gateway.calls == []
                else:
                    eventually("it is printed", lambda: len(gateway.to("/SIMPLYPRINT")) == 2)
                    eventually("it is delivered", lambda: len(gateway.to("/SENDCLOUD")) == 3)
        for path, secret in [
            ("/SIMPLYPRINT", "SIMPLYPRINT_WEBHOOK_TOKEN"),
            ("/SENDCLOUD", "SENDCLOUD_SECRET_KEY"),
        ]:
            first = gateway.to(path)[0]
            assert scheme(path[1:].lower()).verify(SECRETS[secret], first.body, first.headers)


def test_every_variable_of_the_table_is_proven() -> None:
    names = set(table()["config"])
    for service in python_services():
        row = table()["services"][service]
        names |= set(row.get("env", {})) | set(row.get("secrets", []))
    assert names - PROVEN == set(), "prove it here or delete it from dev/services.yaml"
