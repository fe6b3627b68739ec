"""docker/web.Dockerfile: Vite with live updates, and the built page without Node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.demo import until
from tests.support.images import Container, container, image, inspected
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE
from tests.support.served import tarball

pytestmark = pytest.mark.images

API = {"VITE_API_URL": "http://localhost:3456"}
SOURCE = "apps/web/src/main.tsx"


@pytest.fixture(scope="module")
def dev() -> Iterator[Container]:
    with container(image("web", "dev"), 4200, API) as running:
        running.answers("/")
        yield running


@pytest.fixture(scope="module")
def prod() -> Iterator[Container]:
    with container(image("web", "prod"), 4200, API, "--read-only", "--tmpfs", "/tmp") as running:
        running.answers("/")
        yield running


def test_the_page_knows_the_api_of_its_environment(dev: Container) -> None:
    assert 'src="/src/main.tsx"' in dev.get("/").text
    assert dev.get("/config.json").json() == API


@pytest.mark.parametrize(
    ("host", "code"),
    [("localhost:4200", 200), ("localhost:14200", 200), ("web:4200", 200), ("web.forma3d-dev.svc.cluster.local:4200", 200),
     ("evil.example", 403)],
)  # fmt: skip
def test_who_may_ask(dev: Container, host: str, code: int) -> None:
    assert dev.get("/", host=host).status_code == code


def test_a_synced_file_reaches_the_browser(dev: Container) -> None:
    token = re.search(r'wsToken = "([^"]+)"', dev.get("/@vite/client").text)
    assert token
    dev.get("/src/main.tsx")  # a browser has loaded it
    address = dev.url.removeprefix("http://")
    with connect(
        f"ws://{address}/?token={token[1]}", subprotocols=[Subprotocol("vite-hmr")], origin=Origin(dev.url)
    ) as browser:
        assert json.loads(browser.recv(PATIENCE))["type"] == "connected"
        text = (ROOT / SOURCE).read_text() + "\nexport const synced = 42;\n"
        dev.run("tar", "-C", "/", "-x", "-f", "-", data=tarball({f"app/{SOURCE}": text}))
        while (said := json.loads(browser.recv(PATIENCE))["type"]) not in ("update", "full-reload"):
            assert said != "error"
    until(lambda: "synced = 42" in dev.get("/src/main.tsx").text)


def test_dev_owns_its_folder(dev: Container) -> None:
    assert inspected("container", dev.name)["Config"]["User"] == "10001:10001"
    assert dev.run("sh", "-c", "find . ! -user 10001 | head -n 3; touch node_modules/.vite/x") == ""


def test_dev_ends_when_told(dev: Container) -> None:
    with container(image("web", "dev"), 4200, API) as running:
        running.answers("/")
        code = running.stop()
    assert code in (0, 143)


def test_prod_serves_the_built_page_without_node(prod: Container) -> None:
    page = prod.get("/")
    script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
    assert script, page.text
    answer = prod.get(script[1])
    assert answer.headers["content-type"].startswith("application/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"
    assert prod.get("/config.json").json() == API
    assert prod.get("/orders/17").text == page.text, "the page does its own routing"
    assert prod.get("/assets/gone.js").status_code == 404
    assert prod.run("sh", "-c", "command -v node npm; id -u") == "10001\n"


def test_prod_says_how_it_is_and_ends_when_told(prod: Container) -> None:
    with container(image("web", "prod"), 4200, API) as running:
        until(
            lambda: inspected("container", running.name)["State"]["Health"]["Status"] == "healthy",
            what="the health check",
        )
        code = running.stop()
    assert code in (0, 143)
