"""The page's own health routes: in nginx, as the production image runs it, and in Vite, as development does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from devkit.base.errors import DevkitError
from devkit.types.npm import node_program

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE, looks
from tests.support.raw import connected
from tests.support.served_page import missing_programs, start_script
from tests.support.serving import Callers, is_refused
from tests.support.storage import free_port

PAGE = "<title>The page</title>"
PATHS = ("live", "ready", "startup")
NOTHING = (
    "/health",
    "/health/",
    "/health/nothing",
    "/health/live/more",
    "/health/readyy",
    "/health/live.html",
)


@dataclass
class Server:
    """What serves the page. `folder` is the page's own."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str, method: str = "GET") -> httpx.Response:
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE, trust_env=False)

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, log: Path, environment: Mapping[str, str], work: Path) -> Iterator[Server]:  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=work, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )  # fmt: skip
    try:
        for _ in looks():
            assert process.poll() is None, log.read_text()
            if not is_refused(port):
                break
        yield Server(port, folder, process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def nginx(tmp_path: Path, drain: str = "0") -> Iterator[Server]:
    """docker/web.sh with docker/web.nginx.conf, as the image starts them."""
    if missing := missing_programs():
        pytest.skip(missing)
    port, page = free_port(), tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text(PAGE)
    (page / "large").write_bytes(b"x" * (1 << 25))
    program = start_script(page, tmp_path / "served", port)
    environment = {
        "PATH": f"{os.defpath}:/usr/sbin",
        "DRAIN_SECONDS": drain,
        "VITE_API_URL": "https://api.example.org",
    }
    with running([str(program)], port, page, tmp_path / "log", environment, tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def vite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    try:
        node = node_program()
    except DevkitError as problem:
        pytest.skip(problem.message)
    program = ROOT / "apps/web/node_modules/vite/bin/vite.js"
    if not program.exists():
        pytest.skip("needs apps/web/node_modules (npm ci)")
    port, folder = free_port(), tmp_path_factory.mktemp("vite")
    command = [node, str(program), "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    with running(command, port, ROOT / "apps/web", folder / "log", os.environ, ROOT / "apps/web") as server:
        yield server


def says_how_it_is(server: Server) -> None:
    for name in PATHS:
        for path in (f"/health/{name}", f"/health/{name}/", f"/health/{name}?x=1"):
            get, head = server.ask(path), server.ask(path, "HEAD")
            assert (get.status_code, head.status_code, head.content) == (200, 200, b""), path
            assert head.headers["content-type"] == get.headers["content-type"] == "application/json"
            assert get.json()["status"] == "ok"
        assert server.ask(f"/health/{name}", "POST").status_code == 405
    assert server.ask("/health/live").json()["service"] == "web"
    assert server.ask("/health/ready").json()["checks"] == []
    assert {path: server.ask(path).status_code for path in NOTHING} == dict.fromkeys(NOTHING, 404)


def test_nginx_says_how_it_is(tmp_path: Path) -> None:
    with nginx(tmp_path) as server:
        says_how_it_is(server)
        assert server.ask("/orders/17").text == PAGE, "the page does its own routing"
        assert server.ask("/healthy").text == PAGE
        (server.folder / "index.html").unlink()
        unready = server.ask("/health/ready")
        assert (unready.status_code, unready.json()["status"]) == (503, "unavailable")
        assert server.ask("/health/live").status_code == 200


def test_every_answer_of_nginx_names_the_copy(tmp_path: Path) -> None:
    with nginx(tmp_path) as server:
        paths = (
            "/",
            "/large",
            "/orders/17",
            "/config.json",
            "/assets/gone.js",
            *(f"/health/{name}" for name in PATHS),
            *NOTHING[:2],
        )
        named = {path: server.ask(path, "HEAD").headers.get("X-Served-By") for path in paths}
        assert named == dict.fromkeys(paths, socket.gethostname())


def test_vite_says_how_it_is(vite: Server) -> None:
    says_how_it_is(vite)
    page = httpx.get(f"http://127.0.0.1:{vite.port}/orders/17", headers={"Accept": "text/html"}, trust_env=False)  # fmt: skip
    assert "<title>" in page.text


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM])
def test_nobody_fails_while_nginx_drains(tmp_path: Path, number: signal.Signals) -> None:
    with nginx(tmp_path, "2") as server, connected(server.port) as reader:
        reader.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        callers = Callers(server.port, "/")
        assert any(callers.answered > 100 for _ in looks())
        server.process.send_signal(number)
        assert any(server.ask("/health/ready").status_code == 503 for _ in looks())
        assert server.ask("/health/ready").json() == {"status": "draining", "checks": []}
        page = server.ask("/orders/17")
        assert (page.text, page.headers["connection"], page.headers["cache-control"]) == (
            PAGE,
            "close",
            "no-cache",
        )
        assert server.ask("/assets/gone.js").status_code == 404
        callers.join()
        assert callers.failed == []
        size = 0
        while part := reader.recv(1 << 20):  # what it began it brings to its end
            size += len(part)
        assert size > 1 << 25
        assert server.ended() == 0


@pytest.mark.parametrize("drain", ["100", "0"], ids=["in the drain", "after it"])
def test_a_second_signal_ends_nginx_at_once(tmp_path: Path, drain: str) -> None:
    with nginx(tmp_path, drain) as server, connected(server.port) as reader:
        reader.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reader.recv(1)  # and never reads the rest
        server.process.send_signal(signal.SIGQUIT)
        if drain == "0":
            assert any(is_refused(server.port) for _ in looks())
        else:
            assert any(server.ask("/health/ready").status_code == 503 for _ in looks())
        server.process.send_signal(signal.SIGTERM)
        assert server.ended() == 0


def test_vite_ends_when_told(vite: Server) -> None:
    vite.process.terminate()
    assert vite.ended() in (0, 143)
