"""The stack in deployment/staging, run: plain `docker compose` starts, scales, updates and stops it, and Traefik routes to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from devkit.compose import read_project
from playwright.sync_api import expect
from signatures import scheme

from tests.browser.visitor import CHROMIUM, chromium, visiting
from tests.compose import real
from tests.support.images import docker, inspected
from tests.support.platform import ROOT
from tests.support.quiet import network_is_quiet
from tests.support.shop import eventually, order
from tests.support.stack import BUILT, Stack

pytestmark = [
    pytest.mark.compose,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not real.is_there(), reason=real.MISSING),
]

WEB, API, EVENTS = (f"staging-connect{each}.forma3d.be" for each in ("", "-api", "-events"))
HOOK = "/api/v1/webhooks/shopify"
COPY = "X-Served-By"
KILLED = 137


@pytest.fixture
def outside(running: Stack) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


def test_the_files_are_what_compose_reads() -> None:
    """All of them, with the services that cannot run here."""
    staged = Path(ROOT) / "deployment" / "staging"
    answer = real.config(staged, ["--env-file", ".env.example"], {"PATH": os.environ["PATH"]})
    assert answer.json is not None, answer.said
    read = read_project(env_files=[".env.example"], environment={}, working_directory=staged)
    assert json.loads(read.json()) == json.loads(answer.json)
    without = real.config(staged, [], {"PATH": os.environ["PATH"]})
    assert "set it in .env, see .env.example" in without.said


def test_each_name_leads_to_its_service(running: Stack, outside: httpx.Client) -> None:
    page = running.answers(outside, WEB, "/")
    assert "<title>" in page.text
    assert running.answers(outside, WEB, "/config.json").json()["VITE_API_URL"] == f"https://{API}"
    for host in (API, EVENTS):
        ready = running.answers(outside, host, "/health/ready")
        assert ready.json()["status"] in ("ok", "degraded")
    assert (
        outside.get("/health/ready", headers={"Host": "staging-connect-docs.forma3d.be"}).status_code == 404
    )


def test_an_answer_names_the_copy(running: Stack, outside: httpx.Client) -> None:
    containers = running.containers()
    for host, service in ((WEB, "web"), (API, "gateway")):
        copy = running.answers(outside, host, "/health/live").headers[COPY]
        assert [identifier[:12] for identifier in containers[service]] == [copy]


def sold(running: Stack, outside: httpx.Client) -> str:
    """A shop's webhook for a new order. Returns the order's number."""
    made = order("BIN-2x1")
    body = json.dumps(made).encode()
    signed = scheme("shopify").sign(running.environment["SHOPIFY_CLIENT_SECRET"], body)
    named = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": str(made["id"])}
    headers = {"Host": API, "Content-Type": "application/json", **named, **signed}
    answer = outside.post(HOOK, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert outside.post(HOOK, content=body + b" ", headers=headers).status_code == 401
    return str(made["name"])


def test_an_order_comes_in_through_the_proxy(running: Stack, outside: httpx.Client) -> None:
    """The gateway verifies it with its secret, knows order-service by its name and proves itself with the internal key."""
    running.answers(outside, API, "/health/ready")
    number = sold(running, outside)
    [postgres] = running.containers("postgres")["postgres"]
    ask = (
        "psql",
        "-U",
        "forma3d",
        "-d",
        "forma3d",
        "-tAc",
        f"select count(*) from orders where number = '{number}'",
    )
    eventually("the order", lambda: docker("exec", postgres, *ask).stdout.strip() == b"1")


def test_plain_http_is_led_to_https(running: Stack) -> None:
    answer = httpx.get(f"http://127.0.0.1:{running.port(80)}/x", headers={"Host": WEB}, trust_env=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"].startswith(f"https://{WEB}")


def test_the_proxys_api_is_not_on_the_network(running: Stack, outside: httpx.Client) -> None:
    assert outside.get("/api/http/services", headers={"Host": WEB}).text.startswith("<!doctype html>")
    [gateway] = running.containers("gateway")["gateway"]
    ask = "import socket; socket.create_connection(('traefik', 8080), 5)"
    assert b"refused" in docker("exec", gateway, "python", "-c", ask, check=False).stderr


def test_limits_reach_the_containers(running: Stack) -> None:
    [gateway] = running.containers("gateway")["gateway"]
    host = inspected("container", gateway)["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["ReadonlyRootfs"]) == (512 * 1024**2, 500_000_000, True)


def test_two_copies_share_requests_and_events_stay_with_one(running: Stack, outside: httpx.Client) -> None:
    running.compose(
        "up",
        "-d",
        "--no-deps",
        "--no-recreate",
        "--scale",
        "gateway=2",
        "--scale",
        "order-service=2",
        "gateway",
        "order-service",
    )
    running.healthy(("gateway", "order-service"), copies=2)
    both = {identifier[:12] for identifier in running.containers("gateway")["gateway"]}

    def seen() -> bool:
        copies = {outside.get("/health/live", headers={"Host": API}).headers.get(COPY) for _ in range(10)}
        return copies == both

    eventually("answers of both copies", seen)
    # A new client: its cookies are its own.
    path, asked = "/socket.io/?EIO=4&transport=polling", {"Host": API, "Origin": f"https://{WEB}"}
    with running.client() as page:
        first = page.get(path, headers=asked)
        cookie = first.headers["Set-Cookie"]
        assert cookie.startswith("server_id=")
        assert "HttpOnly" in cookie
        value = cookie.partition(";")[0]
        copies = {page.get(path, headers={**asked, "Cookie": value}).headers[COPY] for _ in range(10)}
        assert copies == {first.headers[COPY]}
    running.compose(
        "up",
        "-d",
        "--no-deps",
        "--no-recreate",
        "--scale",
        "gateway=1",
        "--scale",
        "order-service=1",
        "gateway",
        "order-service",
    )
    running.healthy(("gateway", "order-service"))
    running.answers(outside, API, "/health/ready")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_somebody_works_with_the_page(running: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Page, API and live events under three names: cookies, CORS, the page's policy, and Socket.IO with its sticky cookie."""
    with network_is_quiet(tmp_path_factory):
        works_with_the_page(running)


def works_with_the_page(running: Stack) -> None:
    port = running.port(443)
    led = ", ".join(f"MAP {host}:443 127.0.0.1:{port}" for host in (WEB, API, EVENTS))
    with (
        chromium(f"--host-resolver-rules={led}") as browser,
        visiting(browser, f"https://{API}", any_certificate=True) as visitor,
    ):
        visitor.open(f"https://{WEB}/")
        visitor.page.get_by_label("E-mail").fill(running.environment["LOGIN_EMAIL"])
        visitor.page.get_by_label("Password").fill(running.environment["LOGIN_PASSWORD"])
        visitor.page.get_by_role("button", name="Sign in", exact=True).click()
        visitor.expect_live()
        cookies = {cookie["name"]: cookie for cookie in visitor.page.context.cookies(f"https://{API}")}
        assert all(cookie["secure"] and cookie["httpOnly"] for cookie in cookies.values()), cookies
        with running.client() as outside:
            number = sold(running, outside)
        expect(visitor.card(number)).to_be_visible()
        visitor.expect_no_reload()


def test_one_service_is_updated_as_before(running: Stack, outside: httpx.Client) -> None:
    """The specification's own commands: pull, then up without dependencies."""
    before = running.containers()
    running.set(GATEWAY_IMAGE_TAG="git-0000002")
    running.compose("pull", "--quiet", "gateway")
    running.compose("up", "-d", "--no-deps", "gateway")
    running.healthy(("gateway",))
    after = running.containers()
    [gateway] = after.pop("gateway")
    assert before.pop("gateway") != [gateway]
    assert after == before
    assert inspected("container", gateway)["Config"]["Image"].endswith("forma3d-connect-gateway:git-0000002")
    eventually(
        "the new copy's answer",
        lambda: outside.get("/health/ready", headers={"Host": API}).headers.get(COPY) == gateway[:12],
    )


def test_stopping_never_comes_to_a_kill(running: Stack) -> None:
    """Last: the whole stack, as `docker compose stop` does it, each service within its own grace period."""
    ids = [each for several in running.containers().values() for each in several]
    running.compose("stop")
    ended = {}
    for identifier in ids:
        found = inspected("container", identifier)
        ended[found["Config"]["Labels"]["com.docker.compose.service"]] = found["State"]["ExitCode"]
    assert set(ended) == {*BUILT, "traefik", "redis", "postgres"}
    assert {name: code for name, code in ended.items() if code == KILLED} == {}, json.dumps(ended)
