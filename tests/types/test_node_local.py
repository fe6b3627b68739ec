"""Type node on the local engine: a service from its own templates, with a real process and a real inspector's client."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.support.dap import launch_entry
from tests.support.demo import until, write_launcher
from tests.support.inspected import inspected
from tests.support.scaffolded import Scaffolded, platform_of

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js 20 or newer, with npm"),
    pytest.mark.timeout(300),
]

NAME = "my-node"
APP = f"apps/{NAME}/src/app.js"
# Where a request stands once it has come.
LINE = "const route ="


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scaffolded]:
    # What a debugger holds is ended after the grace: three tests wait for that.
    folder = tmp_path_factory.mktemp("clone") / "mit Leerzeichen"
    with platform_of(folder, "node", restart={"grace": 2}) as made:
        yield made


@pytest.fixture
def running(platform: Scaffolded) -> Scaffolded:
    platform.is_up()
    until(lambda: platform.statuses()[NAME]["state"] == "ready", 60)
    return platform


def ask(platform: Scaffolded, path: str = "/") -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{platform.ports[NAME]}{path}", timeout=10, trust_env=False)


def started(platform: Scaffolded) -> str:
    return str(ask(platform, "/health/live").json()["started"])


def test_it_answers_as_its_template_says(running: Scaffolded) -> None:
    assert ask(running).json() == {"service": NAME, "message": "Hello from My Node"}
    live = ask(running, "/health/live").json()
    assert (live["status"], live["service"]) == ("ok", NAME)
    assert ask(running, "/health/ready").json() == {"status": "ok", "checks": []}
    head = httpx.head(f"http://127.0.0.1:{running.ports[NAME]}/health/ready", trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    unknown = ask(running, "//")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})


def test_its_own_tests_pass(running: Scaffolded) -> None:
    done = subprocess.run(
        ["node", "--test"], cwd=running.root / "apps" / NAME, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout
    assert "# pass 4" in done.stdout


def test_ports_are_open_on_loopback_alone(running: Scaffolded) -> None:
    process = psutil.Process(running.statuses()[NAME]["pid"])
    listening = {c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert {(a.ip, a.port) for a in listening} == {
        ("127.0.0.1", running.ports[NAME]), ("127.0.0.1", running.ports[f"{NAME}-debug"]),
    }  # fmt: skip


def test_a_save_answers_with_new_code(running: Scaffolded) -> None:
    running.change(APP, "Hello from", "Good day from")
    until(lambda: ask(running).json()["message"] == "Good day from My Node", 60)
    running.change(APP, "Good day from", "Hello from")
    until(lambda: ask(running).json()["message"] == "Hello from My Node", 60)


def test_a_broken_save_shows_its_lines_and_heals_on_the_next(running: Scaffolded) -> None:
    running.change(APP, r"export function createApp\(\) \{", "export function createApp() {{{")
    broken = until(lambda: (unit := running.statuses()[NAME])["state"] == "crashed" and unit, 60, "the crash")
    assert any("SyntaxError" in line for line in broken["last_lines"])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.ports[NAME]), timeout=2)
    running.change(APP, r"\{\{\{", "{")
    until(lambda: running.statuses()[NAME]["state"] == "ready", 60, "the recovery")
    assert ask(running).status_code == 200


def test_a_breakpoint_stops_a_request(running: Scaffolded) -> None:
    source = running.root / APP
    (number,) = [n for n, line in enumerate(source.read_text().splitlines()) if LINE in line]
    with inspected(running.ports[f"{NAME}-debug"]) as session:
        version = session.send("Runtime.evaluate", expression="process.version")["result"]["value"]
        assert version.startswith("v")
        session.send("Debugger.enable")
        url = source.resolve().as_uri()
        placed = session.send("Debugger.setBreakpointByUrl", lineNumber=number, url=url)
        assert len(placed["locations"]) == 1, "the file is not known by its path in the clone"
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ask(running, "/health/ready").status_code))
        asking.start()
        frame = session.event("Debugger.paused")["callFrames"][0]
        assert frame["location"]["lineNumber"] == number
        seen = session.send(
            "Debugger.evaluateOnCallFrame", callFrameId=frame["callFrameId"], expression="path"
        )["result"]["value"]
        assert seen == "/health/ready"
        session.send("Debugger.resume")
        session.send("Debugger.disable")
        asking.join(30)
    assert answers == [200]


def test_the_editor_s_entry_leads_to_its_port(running: Scaffolded) -> None:
    write_launcher(running.root)
    running.devkit("vscode")
    entry = launch_entry(running.root, NAME)
    assert (entry["type"], entry["address"]) == ("node", "127.0.0.1")
    assert entry["port"] == str(running.ports[f"{NAME}-debug"])


def test_a_save_under_an_attached_debugger_starts_new_code(running: Scaffolded) -> None:
    before = started(running)
    with inspected(running.ports[f"{NAME}-debug"]) as session:
        session.send("Runtime.enable")
        running.change(APP, "Hello from", "Hello there from")
        until(lambda: started(running) != before, 60, "the new process")
    running.change(APP, "Hello there from", "Hello from")
    until(lambda: ask(running).json()["message"] == "Hello from My Node", 60)


def test_a_save_ends_a_process_that_stands_at_a_breakpoint(running: Scaffolded) -> None:
    """It cannot act on SIGTERM there."""
    before = started(running)
    with inspected(running.ports[f"{NAME}-debug"]) as session:
        session.send("Debugger.enable")
        session.begin("Debugger.pause")
        with socket.create_connection(("127.0.0.1", running.ports[NAME])) as asking:
            asking.sendall(b"GET / HTTP/1.0\r\n\r\n")
            session.event("Debugger.paused")
            running.change(APP, "Hello from", "Hello again from")
            until(lambda: started(running) != before, 60, "the new process")
    running.change(APP, "Hello again from", "Hello from")
    until(lambda: ask(running).json()["message"] == "Hello from My Node", 60)


def test_it_waits_for_a_debugger_where_told(running: Scaffolded) -> None:
    running.devkit("debug", NAME)
    until(lambda: running.statuses()[NAME]["debugger"] == "awaited", 60)
    unit = until(lambda: (u := running.statuses()[NAME])["detail"] and u, 60)
    assert unit["detail"] == f"waits for a debugger on port {running.ports[f'{NAME}-debug']}"
    port = running.ports[f"{NAME}-debug"]
    until(lambda: httpx.get(f"http://127.0.0.1:{port}/json/version", trust_env=False).status_code == 200, 60)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.ports[NAME]), timeout=2)
    with inspected(port) as session:
        session.send("Runtime.runIfWaitingForDebugger")
        until(lambda: running.statuses()[NAME]["state"] == "ready", 60)
    assert running.statuses()[NAME]["debugger"] == "none"


def test_verify_asks_service_and_inspector(running: Scaffolded) -> None:
    report = json.loads(running.devkit("verify", "--json").stdout)
    found = {check["id"]: check["result"] for check in report["checks"]}
    assert found == {
        f"forwards.{NAME}": "ok", f"forwards.{NAME}.debug": "ok", f"dns.{NAME}": "skipped", f"sync.{NAME}": "ok",
        f"restart.{NAME}": "ok",
    }  # fmt: skip


def test_down_ends_it(running: Scaffolded) -> None:
    pid = running.statuses()[NAME]["pid"]
    killed = running.devkit("logs", NAME).stdout.count("did not end")  # before, at a breakpoint
    running.devkit("down")
    assert not psutil.pid_exists(pid)
    assert running.devkit("logs", NAME).stdout.count("did not end") == killed
