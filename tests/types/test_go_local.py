"""Type go on the local engine: a service from its own templates, compiled by Go, debugged by Delve."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.dap import Session, launch_entry
from tests.support.demo import until, write_launcher
from tests.support.scaffolded import Scaffolded, platform_of, running_programs
from tests.support.storage import is_free

pytestmark = [
    pytest.mark.skipif(shutil.which("go") is None, reason="needs go"),
    pytest.mark.timeout(600),
]
needs_delve = pytest.mark.skipif(shutil.which("dlv") is None, reason="needs dlv (Delve, Go's debugger)")

NAME = "my-go"
HANDLER = f"apps/{NAME}/handler.go"
# Compiling without optimizations compiles Go's own library anew the first time.
SLOW = 240


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scaffolded]:
    with platform_of(tmp_path_factory.mktemp("clone") / "mit Leerzeichen", "go") as made:
        # Before `up`, which is given two minutes: its own first build finds the library compiled.
        subprocess.run(
            ["go", "build", "-gcflags=all=-N -l", "-trimpath", "-o", os.devnull, "."],
            cwd=made.root / "apps" / NAME, check=True, timeout=SLOW * 2,
        )  # fmt: skip
        yield made


@pytest.fixture
def running(platform: Scaffolded) -> Scaffolded:
    platform.is_up()
    until(lambda: platform.statuses()[NAME]["state"] == "ready", SLOW)
    return platform


def ask(platform: Scaffolded, path: str = "/") -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{platform.ports[NAME]}{path}", timeout=10, trust_env=False)


def programs(platform: Scaffolded) -> list[psutil.Process]:
    """The processes that run the compiled service."""
    return running_programs(platform.root / ".devkit/build" / NAME)


def test_it_answers_as_its_template_says(running: Scaffolded) -> None:
    assert ask(running).json() == {"service": NAME, "message": "Hello from My Go"}
    live = ask(running, "/health/live").json()
    assert (live["status"], live["service"]) == ("ok", NAME)
    assert ask(running, "/health/ready").json() == {"status": "ok", "checks": []}
    head = httpx.head(f"http://127.0.0.1:{running.ports[NAME]}/health/ready", trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    unknown = ask(running, "/nothing")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("what", ["vet", "test"])
def test_its_own_checks_pass(running: Scaffolded, what: str) -> None:
    done = subprocess.run(
        ["go", what, "./..."], cwd=running.root / "apps" / NAME, capture_output=True, text=True, timeout=SLOW
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_files_are_formatted(running: Scaffolded) -> None:
    gofmt = ["gofmt", "-l", str(running.root / "apps" / NAME)]
    assert subprocess.run(gofmt, capture_output=True, text=True, check=True).stdout == ""


@needs_delve
def test_ports_are_open_on_loopback_alone(running: Scaffolded) -> None:
    parent = psutil.Process(running.statuses()[NAME]["pid"])
    listening = set()
    for process in [parent, *parent.children(recursive=True)]:
        try:
            listening |= {c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
        except psutil.Error:
            continue
    assert {(a.ip, a.port) for a in listening} == {
        ("127.0.0.1", running.ports[NAME]), ("127.0.0.1", running.ports[f"{NAME}-debug"]),
    }  # fmt: skip


def test_a_save_answers_with_new_code(running: Scaffolded) -> None:
    running.change(HANDLER, "Hello from", "Good day from")
    until(lambda: ask(running).json()["message"] == "Good day from My Go", SLOW)
    running.change(HANDLER, "Good day from", "Hello from")
    until(lambda: ask(running).json()["message"] == "Hello from My Go", SLOW)


def test_what_does_not_compile_shows_the_compilers_lines_and_heals_on_the_next_save(
    running: Scaffolded,
) -> None:
    running.change(HANDLER, 'message := "Hello', 'massage := "Hello')
    broken = until(
        lambda: (unit := running.statuses()[NAME])["state"] == "crashed" and unit, SLOW, "the failed build"
    )
    assert any("handler.go" in line and "undefined: message" in line for line in broken["last_lines"])
    assert programs(running) == []
    running.change(HANDLER, "massage", "message")
    until(lambda: running.statuses()[NAME]["state"] == "ready", SLOW, "the recovery")
    assert ask(running).status_code == 200


def test_a_program_that_ends_by_itself_is_seen_and_started_again(running: Scaffolded) -> None:
    """Delve would stay, and the service would look as if it ran."""
    before = running.statuses()[NAME]["restarts"]
    (program,) = programs(running)
    program.send_signal(signal.SIGKILL)
    until(lambda: running.statuses()[NAME]["restarts"] > before, SLOW)
    until(lambda: running.statuses()[NAME]["state"] == "ready", SLOW)
    assert ask(running).status_code == 200


@needs_delve
def test_a_killed_debugger_leaves_nothing_that_holds_the_port(running: Scaffolded) -> None:
    (before,) = programs(running)
    psutil.Process(running.statuses()[NAME]["pid"]).kill()
    until(lambda: before not in programs(running), 60)
    until(lambda: running.statuses()[NAME]["state"] == "ready", SLOW)
    assert ask(running).status_code == 200


def entry(platform: Scaffolded) -> dict[str, Any]:
    """What the clone's launch.json says of the service."""
    write_launcher(platform.root)
    platform.devkit("vscode")
    return launch_entry(platform.root, NAME)


def attached(platform: Scaffolded, line: int) -> Session:
    """Attached through what launch.json says, with a breakpoint in the clone's own file."""
    keys = entry(platform)
    assert (keys["type"], keys["mode"], keys["host"]) == ("go", "remote", "127.0.0.1")
    session = Session(int(keys["port"]), SLOW)
    (placed,) = session.start(keys, {str(platform.root / HANDLER): [line]})
    assert placed["verified"], placed
    return session


def line_of(platform: Scaffolded, text: str) -> int:
    lines = (platform.root / HANDLER).read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if text in line]
    return number


@needs_delve
def test_a_breakpoint_stops_a_request(running: Scaffolded) -> None:
    line = line_of(running, 'answer(w, http.StatusOK, map[string]any{"service"')
    with closing(attached(running, line)) as session:
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ask(running).status_code))
        asking.start()
        thread = session.event("stopped")["threadId"]
        frame = session.request("stackTrace", threadId=thread)["stackFrames"][0]
        assert (frame["line"], Path(frame["source"]["path"])) == (line, running.root / HANDLER)
        scopes = session.request("scopes", frameId=frame["id"])["scopes"]
        found = session.request("variables", variablesReference=scopes[0]["variablesReference"])["variables"]
        assert {one["name"]: one["value"] for one in found}["message"] == '"Hello from My Go"'
        session.request("setBreakpoints", source={"path": str(running.root / HANDLER)}, breakpoints=[])
        session.request("continue", threadId=thread)
        asking.join(60)
        session.request("disconnect", terminateDebuggee=False)
    assert answers == [200]
    assert ask(running).status_code == 200


@needs_delve
def test_a_save_ends_a_program_that_stands_at_a_breakpoint(running: Scaffolded) -> None:
    before = ask(running, "/health/live").json()["started"]
    line = line_of(running, 'answer(w, http.StatusOK, map[string]any{"service"')
    with (
        closing(attached(running, line)) as session,
        socket.create_connection(("127.0.0.1", running.ports[NAME])) as asking,
    ):
        asking.sendall(b"GET / HTTP/1.0\r\n\r\n")
        session.event("stopped")
        running.change(HANDLER, "Hello from", "Hello again from")
        until(lambda: ask(running, "/health/live").json()["started"] != before, SLOW, "the new process")
    running.change(HANDLER, "Hello again from", "Hello from")
    until(lambda: ask(running).json()["message"] == "Hello from My Go", SLOW)


@needs_delve
def test_it_waits_for_a_debugger_where_told(running: Scaffolded) -> None:
    port = running.ports[f"{NAME}-debug"]
    running.devkit("debug", NAME)
    until(lambda: running.statuses()[NAME]["detail"] == f"waits for a debugger on port {port}", SLOW)
    until(lambda: not is_free(port), SLOW)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.ports[NAME]), timeout=2)
    line = line_of(running, "routes := http.NewServeMux()")
    with closing(attached(running, line)) as session:
        thread = session.event("stopped")["threadId"]
        session.request("continue", threadId=thread)
        until(lambda: running.statuses()[NAME]["state"] == "ready", SLOW)
        session.request("disconnect", terminateDebuggee=False)
    assert running.statuses()[NAME]["debugger"] == "none"


@needs_delve
def test_verify_asks_service_and_debugger(running: Scaffolded) -> None:
    report = json.loads(running.devkit("verify", "--json").stdout)
    found = {check["id"]: check["result"] for check in report["checks"]}
    names = (f"forwards.{NAME}", f"forwards.{NAME}.debug", f"sync.{NAME}", f"restart.{NAME}")
    assert found == dict.fromkeys(names, "ok")


def test_without_delve_it_runs_and_says_so(platform: Scaffolded, tmp_path: Path) -> None:
    platform.devkit("down", check=False)
    for program in ("go", "gcc", "sh", "git", "unshare"):
        if found := shutil.which(program):
            (tmp_path / program).symlink_to(found)
    platform.devkit("up", "--detach", PATH=str(tmp_path), GOFLAGS="-buildvcs=false")
    assert ask(platform).status_code == 200
    said = platform.devkit("logs", NAME).stdout
    assert f"dlv is not on PATH, so no debugger listens on port {platform.ports[f'{NAME}-debug']}" in said
    platform.devkit("down")


def test_without_go_it_is_off_and_says_why(platform: Scaffolded, tmp_path: Path) -> None:
    platform.devkit("down", check=False)
    platform.devkit("up", "--detach", PATH=str(tmp_path), check=False)
    unit = platform.statuses()[NAME]
    assert (unit["state"], unit["detail"]) == (
        "off", f"Go is not on PATH: {NAME} does not run, everything else does",
    )  # fmt: skip
    platform.devkit("down")


def test_down_lets_it_shut_down(running: Scaffolded) -> None:
    assert len(programs(running)) == 1
    running.devkit("down")
    assert programs(running) == []
