"""Health checks while a debugger holds the service: answered for it, and only then."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devserve.test_debugger import asking, says_line
from tests.support.dap import Debugger
from tests.support.demo import until
from tests.support.polling import PATIENCE
from tests.support.served import Served, served
from tests.support.storage import free_port


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    port = free_port()
    with served(tmp_path, "--probe-port", str(port)) as running:
        running.answers(1)
        yield running, port


def probe(port: int, path: str = "/") -> tuple[int, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def test_they_are_the_services_own_while_it_answers(probed: tuple[Served, int]) -> None:
    service, port = probed
    body = {"version": 1, "says": "hello world", "pid": service.get()["pid"]}
    # Who probes asks again after a service that did not answer within two seconds; so do these.
    until(lambda: probe(port) == (200, body))
    until(lambda: probe(port, "/nowhere")[0] == 404)
    assert probe(port, "/debugger") == (200, {"debugger": "none"})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("HEAD", "/debugger")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")


def test_at_a_breakpoint_and_after_it(probed: tuple[Served, int]) -> None:
    service, port = probed
    with Debugger(service.debug_port) as debugger:
        debugger.attach({str(service.main): [says_line(service)]})
        with asking(service):
            thread = debugger.stopped()
            assert probe(port, "/nowhere") == (200, {"debugger": "attached"})
            debugger.request("continue", threadId=thread)
        until(lambda: probe(port, "/nowhere")[0] == 404)


def test_a_service_that_hangs_without_a_debugger_is_told_so(probed: tuple[Served, int]) -> None:
    service, port = probed
    child = service.get()["pid"]
    os.kill(child, signal.SIGSTOP)
    try:
        assert probe(port) == (504, {"debugger": "none"})
    finally:
        os.kill(child, signal.SIGCONT)
    until(lambda: probe(port)[0] == 200)


def test_a_service_that_is_down(probed: tuple[Served, int]) -> None:
    service, port = probed
    service.main.write_text("raise SystemExit(3)\n")
    until(lambda: probe(port)[0] == 503)


def test_waiting_for_a_debugger(probed: tuple[Served, int]) -> None:
    """SIGUSR1, as `devkit debug` sends it into a pod; SIGUSR2 takes it back."""
    service, port = probed
    service.process.send_signal(signal.SIGUSR1)
    until(lambda: probe(port, "/debugger")[1] == {"debugger": "awaited"})
    until(lambda: probe(port) == (200, {"debugger": "awaited"}))  # the old process finishes what it has first
    service.process.send_signal(signal.SIGUSR2)
    until(lambda: probe(port)[1] != {"debugger": "awaited"})
    service.process.send_signal(signal.SIGUSR1)
    until(lambda: probe(port, "/debugger")[1] == {"debugger": "awaited"})
    first = next(
        n for n, line in enumerate(service.main.read_text().splitlines(), 1) if line.startswith("app =")
    )
    with Debugger(service.debug_port) as debugger:
        debugger.attach({str(service.main): [first]})
        thread = debugger.stopped()
        assert debugger.frame(thread)["line"] == first
        assert probe(port, "/debugger")[1] == {"debugger": "attached"}
        debugger.request("continue", threadId=thread)
        service.answers(1)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.4])
def test_a_debugger_that_comes_while_the_service_restarts(probed: tuple[Served, int], seconds: float) -> None:
    """debugpy takes a while to load; a restart in that time does not send the debugger away."""
    service, _ = probed
    restart = threading.Timer(seconds, service.process.send_signal, [signal.SIGUSR1])
    restart.start()
    with Debugger(service.debug_port) as debugger:
        debugger.attach({})
        restart.join()
        service.answers(1)
