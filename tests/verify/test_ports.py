"""What answers on a port is not what it should be: each protocol says so, against real servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from devkit.checks import Problem, Skipped
from devkit.engines.local.site import LocalPlatform, local_site
from devkit.table.load import read_table
from devkit.types import dap
from devkit.types.postgres import ask as postgres
from devkit.types.redis import ask as redis
from devkit.verify.forwards import check_debug_port, check_port

from tests.support.demo import Demo
from tests.support.platform import ROOT
from tests.support.storage import free_port
from tests.verify.scene import another_program

SERVICES = ("postgres", "redis", "gateway", "web", "kubeview")


def site(port: int) -> LocalPlatform:
    """The project's platform, every service of it on one port."""
    table = read_table(Path(ROOT) / "dev" / "services.yaml")
    services = {
        name: replace(service, port=port, debug_port=service.debug_port and port)
        for name, service in table.services.items()
    }
    secrets = {"POSTGRES_PASSWORD": "not-to-be-shown"}
    return LocalPlatform(Path(ROOT), replace(table, services=services), {}, 0, secrets)


@contextmanager
def answers_with(first: bytes | None) -> Iterator[int]:
    """Says `first` to whoever speaks, and hangs up; None: never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                kept.append(client)
                if first is not None:
                    if client.recv(65536):
                        client.sendall(first)
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        for client in kept:
            client.close()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_listens(name: str) -> None:
    port = free_port()
    with pytest.raises(Problem, match=rf"^nothing listens on 127.0.0.1:{port}$"):
        check_port(site(port), name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("redis", "what answers is not Redis"),
        ("gateway", "/health/live does not answer with JSON (the page 'Notes'"),
        ("web", "another page answers there: 'Notes', not 'Forma3D.Connect'"),
    ],
)
def test_a_web_server_is_in_the_way(name: str, said: str) -> None:
    with another_program() as port, pytest.raises(Problem) as caught:
        check_port(site(port), name)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("postgres", "the connection is closed without an answer"),
        ("redis", "the connection is closed without an answer"),
        ("gateway", "the connection is closed without an answer"),
        ("web", "the connection is closed without an answer"),
    ],
)
def test_a_forward_without_a_pod_hangs_up(name: str, said: str) -> None:
    with answers_with(b"") as port, pytest.raises(Problem, match=said):
        check_port(site(port), name)


def test_no_postgres() -> None:
    with (
        answers_with(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port,
        pytest.raises(Problem, match="is not Postgres"),
    ):
        check_port(site(port), "postgres")


def test_a_redis_that_wants_a_password() -> None:
    with (
        answers_with(b"-NOAUTH Authentication required.\r\n") as port,
        pytest.raises(Problem, match="Redis says NOAUTH"),
    ):
        check_port(site(port), "redis")


def test_debug_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dap, "_TIMEOUT", 1.0)
    with another_program() as port, pytest.raises(Problem, match="does not speak the Debug Adapter Protocol"):
        check_debug_port(site(port), "gateway")
    with (
        answers_with(b"Content-Length: 5\r\n\r\nhello") as port,
        pytest.raises(Problem, match="does not speak the Debug Adapter"),
    ):
        check_debug_port(site(port), "gateway")
    with answers_with(b"") as port, pytest.raises(Problem, match="closed without an answer"):
        check_debug_port(site(port), "gateway")
    with answers_with(None) as port, pytest.raises(Problem, match="does not answer a debugger within 1 s"):
        check_debug_port(site(port), "gateway")
    with pytest.raises(Skipped, match="debug is false"):
        check_debug_port(site(1), "redis")


def test_servers_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_TIMEOUT", 2)
    monkeypatch.setattr(redis, "_TIMEOUT", 2)
    with answers_with(None) as port:
        with pytest.raises(Problem, match="does not answer PING within 2 s"):
            check_port(site(port), "redis")
        with pytest.raises(Problem, match="does not answer as Postgres does, within 2 s"):
            check_port(site(port), "postgres")


def test_a_wrong_password_is_told_without_it(running: Demo) -> None:
    right = local_site(running.root)
    assert check_port(right, "postgres").startswith("Postgres 16.")
    wrong = replace(right, secrets={"POSTGRES_PASSWORD": "not-to-be-shown"})
    with pytest.raises(Problem) as caught:
        check_port(wrong, "postgres")
    assert "Postgres refuses demo with POSTGRES_PASSWORD" in caught.value.message
    assert "secrets set POSTGRES_PASSWORD" in str(caught.value.advice)
    assert "not-to-be-shown" not in f"{caught.value.message}{caught.value.advice}"


def test_a_debugger_that_was_asked_leaves_the_service_running(running: Demo) -> None:
    before = running.get("other")["pid"]
    for _ in range(3):
        assert check_debug_port(local_site(running.root), "other") == "the debugger answers"
        assert running.get("other")["pid"] == before
