"""The debug port of a development container: on loopback, and good for the next attach after every reload."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.support.dap import Debugger
from tests.support.demo import until
from tests.support.served import Served, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("debugged")) as running:
        running.answers(1)
        yield running


def says_line(service: Served) -> int:
    lines = service.main.read_text().splitlines()
    return next(number for number, text in enumerate(lines, 1) if '"says"' in text)


@contextmanager
def asking(service: Served) -> Iterator[None]:
    """A request under way; it must be answered at the end."""
    answer: list[object] = []
    thread = threading.Thread(target=lambda: answer.append(service.get()))
    thread.start()
    yield
    thread.join()
    assert answer


def variables_in_a_request(service: Served, *, abrupt: bool) -> dict[str, str]:
    with Debugger(service.debug_port, abrupt=abrupt) as debugger:
        placed = debugger.attach({str(service.main): [says_line(service)]})
        assert [mark["verified"] for mark in placed] == [True]
        with asking(service):
            thread = debugger.stopped()
            variables = debugger.local_variables(thread)
            debugger.request("continue", threadId=thread)
    return variables


@pytest.mark.parametrize(("abrupt", "version"), [(False, 5), (True, 6)])
def test_attach_before_and_after_a_reload(service: Served, abrupt: bool, version: int) -> None:
    """However the client before took its leave."""
    before = str(service.get()["version"])
    assert variables_in_a_request(service, abrupt=abrupt)["version"] == before
    assert variables_in_a_request(service, abrupt=abrupt)["version"] == before
    service.save(version)
    service.answers(version)
    assert variables_in_a_request(service, abrupt=abrupt)["version"] == str(version)


def test_requests_from_everywhere_debuggers_from_here(service: Served) -> None:
    listening = {
        tuple(connection.laddr)
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    ours = {address for address in listening if address[1] in (service.port, service.debug_port)}
    assert ours == {("0.0.0.0", service.port), ("127.0.0.1", service.debug_port)}


def gone(pid: int) -> None:
    until(lambda: not psutil.pid_exists(pid))


def test_a_session_goes_on_over_reloads(service: Served) -> None:
    """The editor's session stays; the new process is announced in it and has its breakpoints before it answers."""
    before = service.get()["pid"]
    with Debugger(service.debug_port) as debugger:
        debugger.attach({str(service.main): [says_line(service)]})
        for version in (3, 4):
            service.save(version)
            debugger.follow()
            gone(before)
            with asking(service):
                thread = debugger.stopped()
                assert debugger.local_variables(thread)["version"] == str(version)
                before = int(debugger.evaluate(thread, "os.getpid()"))
                debugger.request("continue", threadId=thread)


def test_nobody_attached_costs_nothing_again(service: Served) -> None:
    """After the debugger has gone, the next process is one without."""
    service.save(9)
    service.answers(9)
    until(
        lambda: not [one for one in service.children() if "debugger of" in " ".join(one.cmdline())],
    )


def test_the_interpreters_own_modules_can_be_debugged(service: Served) -> None:
    """Frozen modules would hide their frames, and debugpy would warn of them."""
    with Debugger(service.debug_port) as debugger:
        debugger.attach({})
        said = debugger.request("evaluate", expression="__import__('sys')._xoptions['frozen_modules']")
        assert said["result"] in ("off", "'off'")
    assert "frozen" not in service.log()
