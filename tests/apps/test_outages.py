"""What breaks in the middle is made up for afterwards: nothing is lost, nothing is done twice."""

from __future__ import annotations

import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from provider_sim.slicer import estimate
from signatures import scheme

from tests.support.live import events, listening
from tests.support.platform import SECRETS, Platform, ServiceProcess
from tests.support.polling import PATIENCE
from tests.support.shop import Shop, eventually, execute, rows
from tests.support.storage import RedisServer

_numbers = itertools.count(7000)


# What the shared platform of this module runs at.
SIM_SPEED = "2000"


class SlowSimplyPrint(ThreadingHTTPServer):
    """SimplyPrint that holds `POST /queue/AddItem` back until `answers` is set; then it knows the item."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked = threading.Event()
        self.items: list[int] = []
        self.prints: list[dict[str, object]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: SlowSimplyPrint

    def do_GET(self) -> None:
        if "/files/" in self.path:
            self._send('{"status": true, "files": [{"id": "f1", "name": "VASE-1.gcode"}]}')
            return
        items = ",".join(f'{{"id": {i}, "filename": "VASE-1.gcode", "left": 1}}' for i in self.server.items)
        self._send(f'{{"status": true, "queue": {{"items": [{items}]}}}}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if "/jobs/" in self.path:
            self._send(json.dumps({"status": True, "data": self.server.prints, "page_amount": 1}))
            return
        number = next(_numbers)
        self.server.items.append(number)
        self.server.asked.set()
        self.server.answers.wait(PATIENCE)
        self._send(f'{{"status": true, "created_id": {number}}}')

    def _send(self, body: str) -> None:
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())
        except OSError:
            return  # the service was killed meanwhile

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def asking(prints: ServiceProcess, shop: Shop) -> Iterator[tuple[SlowSimplyPrint, str]]:
    """A SimplyPrint that print-service has asked for an order's print and waits for, and the order's id."""
    real = prints.env["SIMPLYPRINT_API_URL"]
    slow = SlowSimplyPrint()
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    try:
        prints.stop()
        prints.env["SIMPLYPRINT_API_URL"] = slow.url
        prints.start()
        bought = shop.buy("VASE-1")
        assert slow.asked.wait(PATIENCE)
        yield slow, bought
    finally:
        slow.shutdown()
        slow.server_close()
        prints.stop()
        prints.env["SIMPLYPRINT_API_URL"] = real
        prints.start()


def test_webhooks_reach_a_gateway_that_was_down(platform: Platform, shop: Shop) -> None:
    sim = platform["provider-sim"]
    httpx.post(f"{sim.url}/sim/clock", json={"paused": True})
    bought = shop.buy("VASE-1")
    eventually("the print is queued", lambda: httpx.get(f"{sim.url}/sim/jobs").json())
    platform["gateway"].stop()
    httpx.post(f"{sim.url}/sim/clock", json={"paused": False})
    eventually("a webhook is not taken", lambda: "webhook not accepted" in sim.output())
    # The simulator's own restart must not forget it either.
    assert sim.stop() == -signal.SIGTERM
    sim.start()
    platform["gateway"].start()
    shop.wait_for(bought, "delivered")


def test_an_owner_that_is_down_makes_the_provider_come_again(platform: Platform, shop: Shop) -> None:
    platform["order-service"].stop()
    refused = shop.post("products/update", {"id": 1})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    # What the answer names is found in the log.
    failed = shop.http.get("/api/v1/orders", headers={"X-Request-Id": "shop:41"})
    assert (failed.status_code, failed.headers["X-Request-Id"]) == (503, "shop:41")
    trace = failed.headers["traceresponse"].split("-")[1]
    written = platform["gateway"].output()
    assert f"reason=ConnectError trace={trace} request=shop:41" in written
    assert refused.headers["X-Request-Id"] in written
    health = httpx.get(f"{platform['gateway'].url}/api/v1/platform/health").json()
    states = {service["name"]: service["state"] for service in health["services"]}
    assert (health["status"], states["order-service"], states["print-service"]) == ("degraded", "down", "up")
    ready = httpx.get(f"{platform['gateway'].url}/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    platform["order-service"].start()
    platform["order-service"].wait_until("/health/ready")
    assert shop.post("products/update", {"id": 1}).json() == {"status": "ignored"}


def test_all_of_redis_may_be_lost(
    platform: Platform, shop: Shop, redis: RedisServer, database_url: str
) -> None:
    """Work is in Postgres alone: an order goes all its way while Redis is gone, and also when it comes back empty."""
    redis.stop()
    try:
        bought = shop.buy("VASE-1", "GF-1x1")
        status = "SELECT status FROM orders WHERE shopify_order_id = %s"
        eventually("it is delivered", lambda: rows(database_url, status, bought) == [("delivered",)])
        # Orders are taken without Redis; nobody signs in without it.
        assert platform["gateway"].wait_until("/health/ready", 503).json()["status"] == "unavailable"
        degraded = httpx.get(f"{platform['order-service'].url}/health/ready")
        assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
        down = [check["name"] for check in degraded.json()["checks"] if check["state"] == "down"]
        assert down == ["redis"]
    finally:
        redis.start()
    redis.empty()
    # The session was in it.
    eventually("one can sign in", lambda: shop.http.post("/api/v1/auth/dev-login").is_success)
    assert shop.wait_for(bought, "delivered")
    assert rows(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_the_providers_go_on_while_redis_is_gone(platform: Platform, shop: Shop, redis: RedisServer) -> None:
    """What SimplyPrint and Sendcloud have taken does not depend on our Redis, whatever becomes of it."""
    sim = platform["provider-sim"]
    httpx.post(f"{sim.url}/sim/clock", json={"paused": True})
    bought = shop.buy("VASE-1")

    def queued() -> int | None:
        found = shop.find(bought)
        number = found["items"][0]["print_job"]["simplyprint_id"] if found else None
        return int(number) if number else None

    job = eventually("the print is queued", queued)
    redis.stop()
    assert sim.wait_until("/health/ready").json()["status"] == "ok"
    httpx.post(f"{sim.url}/sim/clock", json={"paused": False})

    def status() -> str:
        return str(
            next(each["status"] for each in httpx.get(f"{sim.url}/sim/jobs").json() if each["id"] == job)
        )

    eventually("it is printed", lambda: status() == "done")
    redis.start()
    redis.empty()
    # The session was in it. The gateway's first call may still meet the connection of before.
    eventually("one can sign in", lambda: shop.http.post("/api/v1/auth/dev-login").is_success)
    shop.wait_for(bought, "delivered")


@pytest.mark.parametrize("taken", [False, True], ids=["before", "after"])
def test_a_job_whose_worker_was_killed_is_done_once(platform: Platform, shop: Shop, taken: bool) -> None:
    """Killed while SimplyPrint is being asked: `before` or `after` SimplyPrint took the item."""
    prints = platform["print-service"]
    with asking(prints, shop) as (slow, bought):
        assert prints.stop(signal.SIGKILL) == -signal.SIGKILL
        first = str(slow.items[0])
        if not taken:
            slow.items.clear()
        slow.answers.set()
        prints.start()

        def queued() -> str | None:
            found = shop.find(bought)
            number: str | None = found["items"][0]["print_job"]["simplyprint_id"] if found else None
            return number

        item = eventually("the job is done after the restart", queued)
        assert [item] == [str(number) for number in slow.items]
        assert not taken or item == first


def test_a_print_that_began_before_it_was_claimed_is_found(platform: Platform, shop: Shop) -> None:
    """Killed after SimplyPrint took the item, which then left its queue for a printer."""
    prints = platform["print-service"]
    with asking(prints, shop) as (slow, bought):
        assert prints.stop(signal.SIGKILL) == -signal.SIGKILL
        item, *none = slow.items
        assert none == []
        slow.items.clear()  # it prints
        slow.answers.set()
        execute(platform.database_url, "SELECT operations.pause('print-service')")
        prints.start()
        prints.wait_until("/health/live")
        started = {"event": "job.started", "data": {"job": {"id": item, "name": "VASE-1.gcode"}}}
        raw = json.dumps({"webhook_id": 1, "timestamp": 1, **started}).encode()
        headers = scheme("simplyprint").sign(SECRETS["SIMPLYPRINT_WEBHOOK_TOKEN"], raw)
        url = f"{platform['gateway'].url}/webhooks/simplyprint"
        assert httpx.post(url, content=raw, headers=headers).json() == {"status": "stored"}
        execute(platform.database_url, "SELECT operations.resume('print-service')")

        def printing() -> bool:
            found = shop.find(bought)
            return found is not None and found["items"][0]["print_job"]["status"] == "printing"

        eventually("it is claimed", printing)
        assert slow.items == [], "nothing is printed twice"


def test_a_print_that_began_and_that_nobody_told_of_yet_is_found(platform: Platform, shop: Shop) -> None:
    """Its webhook is still on its way when the job is tried again."""
    prints = platform["print-service"]
    with asking(prints, shop) as (slow, bought):
        assert prints.stop(signal.SIGKILL) == -signal.SIGKILL
        [item] = slow.items
        slow.items.clear()  # it prints
        like = {"filename": "VASE-1.gcode", "status": "ongoing"}
        slow.prints += [
            {**like, "id": 1, "queueItem": None},
            {**like, "id": 2, "queueItem": {"id": 12}, "status": "failed"},
            {**like, "id": 3, "queueItem": {"id": 13}, "filename": "VASE-2.gcode"},
            {**like, "id": 4, "queueItem": {"id": item}},
        ]
        slow.answers.set()
        prints.start()

        def claimed() -> str | None:
            found = shop.find(bought)
            return found["items"][0]["print_job"]["simplyprint_id"] if found else None

        assert eventually("it is claimed", claimed) == str(item)
        assert slow.items == [], "nothing is printed twice"


def test_a_provider_that_is_away_is_asked_again(platform: Platform, shop: Shop) -> None:
    platform["provider-sim"].stop()
    bought = shop.buy("VASE-1")
    time.sleep(0.3)
    platform["provider-sim"].start()
    shop.wait_for(bought, "delivered")


def answer_a_service_that_stops(service: ServiceProcess, slow: SlowSimplyPrint) -> None:
    before = service.output().count("Shutting down")
    eventually("it stops", lambda: service.output().count("Shutting down") > before)
    slow.answers.set()


def test_a_stop_finishes_what_runs(platform: Platform, shop: Shop) -> None:
    prints = platform["print-service"]
    with asking(prints, shop) as (slow, bought):
        stopping = threading.Thread(target=answer_a_service_that_stops, args=(prints, slow))
        stopping.start()
        assert prints.stop(signal.SIGTERM) == -signal.SIGTERM
        stopping.join()
        query = "SELECT p.status, p.simplyprint_id FROM print_jobs p JOIN orders o ON o.id = p.order_id"
        found = rows(platform.database_url, f"{query} WHERE o.shopify_order_id = %s", bought)
        assert found == [("queued", str(slow.items[0]))]


def test_open_pages_do_not_hold_a_stop_up_and_come_back(platform: Platform, shop: Shop) -> None:
    gateway = platform["gateway"]
    cookie = shop.http.cookies["forma3d_session"]
    with listening(gateway.url, cookie):
        before = len(gateway.output())
        gateway.stop()
        assert "graceful shutdown exceeded" not in gateway.output()[before:]
    gateway.start()
    # The session is in Redis: no one has to sign in again.
    with listening(gateway.url, cookie) as page:
        bought = shop.buy("VASE-1")
        assert next(found for _, found in events(page) if found["shopify_order_id"] == bought)


def test_a_gateway_alone_is_not_ready(platform: Platform) -> None:
    behind = [name for name in platform.services if name not in ("gateway", "provider-sim")]
    for name in behind:
        platform[name].stop()
    answer = platform["gateway"].wait_until("/health/ready", 503)
    assert answer.json()["status"] == "unavailable"
    for name in behind:
        platform[name].start(wait=False)
    for name in behind:
        platform[name].wait_until("/health/ready")


def test_no_secret_was_logged(platform: Platform) -> None:
    for service in platform.services.values():
        written = service.output()
        assert written
        for name, value in SECRETS.items():
            assert not value or value not in written, f"{service.name} logged {name}"


def test_a_plate_is_made_with_and_without_the_slicer(platform: Platform, shop: Shop) -> None:
    origin = {"Origin": platform["gateway"].env["WEB_URL"]}
    size = {"columns": 4, "rows": 3}
    made = shop.http.post("/api/v1/baseplates", json=size, headers=origin)
    expected = estimate(made.content)
    assert made.headers["X-Print-Seconds"] == str(expected["print_seconds"])
    assert made.headers["X-Filament-Grams"] == f"{expected['filament_grams']:.1f}"
    assert "X-Print-Seconds" in made.headers["Access-Control-Expose-Headers"]
    stand_in = platform["provider-sim"]
    refused = httpx.post(f"{stand_in.url}/slicer/slice", content=b"no", trust_env=False)
    assert refused.status_code == 400
    stand_in.stop()
    try:
        without = shop.http.post("/api/v1/baseplates", json=size)
        assert (without.status_code, without.content) == (200, made.content)
        assert "X-Print-Seconds" not in without.headers
    finally:
        stand_in.start()
