"""How a container's process ends: drained on SIGTERM, back after a crash, and never alone."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.support.demo import until
from tests.support.forks import Forks
from tests.support.namespaces import as_first_process
from tests.support.polling import PATIENCE
from tests.support.served import Served, served
from tests.support.serving import Callers

HEARS = """
import asyncio
import time
from pathlib import Path

from fastapi import FastAPI

told: list[str] = []


class Lifecycle:
    def drain(self) -> None:
        told.append("drain")

    async def leave(self) -> None:
        print("told: leave", flush=True)


app = FastAPI()
app.state.lifecycle = Lifecycle()


@app.get("/")
async def say() -> dict[str, object]:
    version = 1
    return {"version": version, "told": told}
"""


def end(service: Served) -> int:
    left = service.children()
    code = service.process.wait(PATIENCE)
    assert not [child for child in left if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    return code


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_told_to_end_at_once_ends(ending: signal.Signals, tmp_path: Path) -> None:
    """However soon after its start: the fork server itself ignores those signals, and is what it was forked from."""
    forks = Forks(os.environ)
    try:
        with (tmp_path / "log").open("wb") as log:
            for _ in range(60):
                start = {"do": "start", "name": "sleep", "argv": ["/bin/sleep", "600"], "env": {}, "cwd": "/"}
                pid = forks.request(start, log.fileno())["pid"]
                os.kill(pid, ending)
                assert select.select([forks.control], [], [], PATIENCE)[0], "it lives on"
                assert forks.ended(waiting=True) == [(pid, -ending)]
    finally:
        forks.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_what_a_killed_program_left_in_a_group_of_its_own_ends_too(tmp_path: Path) -> None:
    """As a debugger's program: it would hold the service's port, and its output open."""
    leaves = (
        "import subprocess, time; "
        "print(subprocess.Popen(['/bin/sleep', '600'], process_group=0).pid, flush=True); time.sleep(600)"
    )
    forks = Forks(os.environ)
    try:
        start = {
            "do": "start",
            "name": "leaves",
            "argv": [sys.executable, "-c", leaves],
            "env": {},
            "cwd": "/",
        }
        with (tmp_path / "log").open("wb") as log:
            pid = forks.request(start, log.fileno())["pid"]
        left = psutil.Process(until(lambda: int((tmp_path / "log").read_text())))
        os.kill(pid, signal.SIGKILL)
        until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE)
    finally:
        forks.close()


def test_sigterm_finishes_requests_after_it_has_drained(tmp_path: Path) -> None:
    with served(tmp_path, "--drain", "0.5") as service:
        service.answers(1)
        with service.held() as request:
            service.process.terminate()
            until(lambda: "Shutting down" in service.log(), what="the end of the drain")
            assert request.answers == []
        assert request.answers == [1]
        assert end(service) == 0
        assert "Application shutdown complete" in service.log()


def test_sigterm_without_drain_ends_at_once(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.answers(1)
        service.process.terminate()
        assert end(service) == 0


def test_sigterm_takes_requests_while_it_drains_until_a_second_signal(tmp_path: Path) -> None:
    with served(tmp_path, "--drain", "100000") as service:
        service.answers(1)
        service.process.terminate()
        time.sleep(0.5)
        assert service.get()["version"] == 1, "routers need a moment to learn that it goes"
        service.process.send_signal(signal.SIGINT)
        assert end(service) == 0


def test_the_application_hears_of_the_drain_and_its_answers_say_so(tmp_path: Path) -> None:
    with served(tmp_path, "--drain", "100000", main=HEARS) as service:
        service.answers(1)
        service.process.terminate()
        until(lambda: service.get()["told"] == ["drain"], what="the application's hearing of it")
        with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/", timeout=PATIENCE) as answer:
            assert answer.headers["Connection"] == "close"
        service.process.send_signal(signal.SIGINT)
        assert end(service) == 0


def test_nobody_fails_while_it_drains(tmp_path: Path) -> None:
    with served(tmp_path, "--drain", "1") as service:
        service.answers(1)
        callers = Callers(service.port, "/")
        until(lambda: callers.answered > 100, what="some answers")
        service.process.terminate()
        callers.join()
        assert callers.failed == []
        assert callers.told_to_go > 0
        assert end(service) == 0


@pytest.mark.parametrize("signals", [1, 2])
def test_as_the_first_process_of_a_container(tmp_path: Path, signals: int) -> None:
    drain = "0.1" if signals == 1 else "100000"
    with served(tmp_path, "--drain", drain, prefix=as_first_process()) as service:
        service.answers(1)
        first = service.children()[0]
        first.terminate()
        until(lambda: "Draining" in service.log(), what="the drain")
        if signals == 2:
            first.terminate()
        assert service.process.wait(PATIENCE) == 0
        assert ("Application shutdown complete" in service.log()) is (signals == 1)


def test_a_reload_has_nothing_to_drain(tmp_path: Path) -> None:
    with served(tmp_path, "--drain", "100000", main=HEARS) as service:
        service.answers(1)
        service.save(2)
        service.answers(2)
        until(lambda: len(service.children()) == 2, what="the end of the old process")  # fork server, service
        assert "told: leave" in service.log()
        assert "Draining" not in service.log()


@pytest.mark.parametrize("hold", ["await asyncio.Event().wait()", "time.sleep(600)"], ids=["request", "loop"])
def test_whatever_holds_it_up_it_ends_before_it_would_be_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: str
) -> None:
    monkeypatch.setenv("RESTART_POLICY", '{"grace": 6}')
    main = (
        HEARS
        + f"""
@app.get("/held")
async def held() -> None:
    Path("held").touch()
    {hold}
"""
    )
    with served(tmp_path, main=main) as service:
        service.answers(1)
        held = socket.create_connection(("127.0.0.1", service.port))
        held.sendall(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        until((tmp_path / "held").exists, what="the request's arrival")
        service.process.terminate()
        assert end(service) == 0
        assert "killed" not in service.log()
        held.close()


def test_a_second_signal_waits_for_no_request(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.answers(1)
        with service.held() as request:
            service.process.terminate()
            until(lambda: "Shutting down" in service.log(), what="the end")
            service.process.terminate()
            assert end(service) == 0
        assert request.answers != [1]


def test_sigterm_while_nothing_runs(tmp_path: Path) -> None:
    with served(tmp_path, main="raise RuntimeError\n") as service:
        until(lambda: "next try in 1 s" in service.log())
        service.process.terminate()
        assert end(service) == 0


def test_a_killed_process_comes_back_later_each_time(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.answers(1)
        for wait in ("0.5", "1"):
            pid = service.get()["pid"]
            os.kill(pid, signal.SIGKILL)
            until(lambda wait=wait: f"was ended by SIGKILL; next try in {wait} s" in service.log())  # type: ignore[misc]
            until(lambda pid=pid: service.get()["pid"] != pid)  # type: ignore[misc]


def test_a_request_that_never_ends_does_not_keep_the_process_before_a_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTART_POLICY", '{"grace": 2}')
    with served(tmp_path) as service:
        service.answers(1)
        with service.held() as request:
            service.save(2)
            service.answers(2)
            until(
                lambda: len(service.children()) == 2, what="the end of the old process"
            )  # fork server, service
        assert request.answers != [1]


def test_without_its_fork_server_the_container_ends(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.answers(1)
        service.fork_server().kill()
        assert end(service) == 1
        assert "the fork server has ended" in service.log()


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.answers(1)
        children = service.children()
        service.process.kill()
        until(lambda: not any(child.is_running() for child in children), what="the end of its children")


def test_its_restart_policy_comes_with_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTART_POLICY", '{"backoff": 0.2, "most": 0.3}')
    with served(tmp_path) as service:
        service.answers(1)
        service.main.write_text("def (\n")
        until(lambda: "next try in 0.3 s" in service.log(), what="the longest pause")
