"""The debug port: free until a client speaks, then a real debugger, also after a reload."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dap import Debugger
from tests.support.demo import Demo, demo, until
from tests.support.polling import PATIENCE


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("other")
        yield made


def stop_line(platform: Demo) -> int:
    lines = platform.source("other").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if "return {" in line and "version" in line)


def loaded(platform: Demo) -> bool:
    pid = platform.statuses()["other"]["pid"]
    maps = Path(f"/proc/{pid}/maps").read_text()
    return "pydevd" in maps or "debugpy" in maps


def stop_in_a_request(platform: Demo, debugger: Debugger) -> dict[str, str]:
    answer: list[object] = []
    asking = threading.Thread(target=lambda: answer.append(platform.get("other")))
    asking.start()
    thread = debugger.event("stopped")["threadId"]
    variables = debugger.local_variables(thread)
    debugger.request("continue", threadId=thread)
    asking.join(PATIENCE)
    assert answer, "the request did not end after continue"
    return variables


def test_a_port_probe_loads_nothing(platform: Demo) -> None:
    for _ in range(3):
        socket.create_connection(("127.0.0.1", platform.ports["other_debug"])).close()
    assert platform.get("other")["says"] == "hello"
    assert not loaded(platform)


def test_a_breakpoint_stops_and_shows_a_local_variable(platform: Demo) -> None:
    with Debugger(platform.ports["other_debug"]) as debugger:
        placed = debugger.attach({str(platform.source("other")): [stop_line(platform)]})
        assert [mark["verified"] for mark in placed] == [True]
        assert stop_in_a_request(platform, debugger)["greeting"] == "'hello'"
    assert loaded(platform)
    assert platform.get("other")["says"] == "hello", "detaching left the service stopped"


def test_a_second_client_after_the_first_has_gone(platform: Demo) -> None:
    with Debugger(platform.ports["other_debug"]) as debugger:
        debugger.attach({str(platform.source("other")): [stop_line(platform)]})
        assert stop_in_a_request(platform, debugger)["greeting"] == "'hello'"


def test_attach_after_a_reload(platform: Demo) -> None:
    platform.edit(
        "other",
        r'    greeting = os.environ\["GREETING"\]',
        '    shift = 1\n    greeting = os.environ["GREETING"]',
    )
    platform.edit("other", r'"version": 1', '"version": 5')
    until(lambda: platform.get("other")["version"] == 5)
    with Debugger(platform.ports["other_debug"]) as debugger:
        debugger.attach({str(platform.source("other")): [stop_line(platform)]})
        assert stop_in_a_request(platform, debugger)["shift"] == "1"
