"""The debug port of a development container: on loopback, and good for the next attach after every reload."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psutil
import pytest

from tests.support.dap import Debugger
from tests.support.served import Served, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("debugged")) as running:
        running.answers(1)
        yield running


def variables_in_a_request(service: Served) -> dict[str, str]:
    lines = service.main.read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if '"says"' in text)
    answer: list[object] = []
    asking = threading.Thread(target=lambda: answer.append(service.get(timeout=20)))
    with Debugger(service.debug_port) as debugger:
        placed = debugger.attach({str(service.main): [line]})
        assert [mark["verified"] for mark in placed] == [True]
        asking.start()
        thread = debugger.event("stopped")["threadId"]
        variables = debugger.local_variables(thread)
        debugger.request("continue", threadId=thread)
        asking.join()
    assert answer
    return variables


def test_attach_before_and_after_a_reload(service: Served) -> None:
    assert variables_in_a_request(service)["version"] == "1"
    service.save(2)
    service.answers(2)
    assert variables_in_a_request(service)["version"] == "2"


def test_requests_from_everywhere_debuggers_from_here(service: Served) -> None:
    listening = {
        tuple(connection.laddr)
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    ours = {address for address in listening if address[1] in (service.port, service.debug_port)}
    assert ours == {("0.0.0.0", service.port), ("127.0.0.1", service.debug_port)}
