"""A small platform on the local engine, with real servers and processes. Its commands: tests/commands."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.demo import Demo, demo, until
from tests.support.forks import is_fork
from tests.support.polling import PATIENCE
from tests.support.storage import Postgres, is_free


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    # A deep path with spaces and non-ASCII letters: longer than a Unix socket's address may be.
    folder = tmp_path_factory.mktemp("clone") / "Größe mit Leerzeichen" / ("deep" * 20)
    with demo(folder) as made:
        yield made


@pytest.fixture
def running(platform: Demo) -> Demo:
    return platform.is_up()


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_up_makes_secrets_migrates_and_reports(running: Demo) -> None:
    units = running.statuses()
    assert {name: unit["state"] for name, unit in units.items()} == {
        "postgres": "ready", "db-migrate": "done", "redis": "ready", "hello": "ready", "other": "ready",
    }  # fmt: skip
    assert (running.root / "k8s/dev/secret.yaml").stat().st_mode & 0o777 == 0o600
    with psycopg.connect(running.database_url()) as connection:
        assert connection.execute("select count(*) from notes").fetchone() == (0,)


def test_services_get_the_tables_environment_and_nothing_of_the_shell(running: Demo) -> None:
    environment = running.get("hello")["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["APP_PORT"] == str(running.ports["hello"])
    assert environment["DATABASE_URL"] == running.database_url()
    assert environment["OTHER_URL"] == f"http://127.0.0.1:{running.ports['other']}"
    assert "DEVKIT_ROOT" not in environment
    assert "DATABASE_URL" not in running.get("other")["environment"]


@pytest.mark.fork
def test_services_are_forks_of_one_process(running: Demo) -> None:
    first, second = (running.get(name)["pid"] for name in ("hello", "other"))
    assert is_fork(first, psutil.Process(first).ppid())
    assert is_fork(first, second)


def test_everything_listens_on_loopback_only(running: Demo) -> None:
    pids = {int(pid) for pid in running.run_state()["children"]}
    listening = {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.laddr and connection.pid in pids and connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_no_secret_is_on_any_command_line(running: Demo) -> None:
    for pid in [running.run_state()["pid"], *map(int, running.run_state()["children"])]:
        line = " ".join(psutil.Process(pid).cmdline())
        assert "demo@" not in line
        assert ":demo" not in line


def test_a_save_answers_with_new_code_and_refuses_nobody(running: Demo) -> None:
    problems: list[Exception] = []
    stop = threading.Event()

    def knock() -> None:
        while not stop.is_set():
            try:
                running.get("other")
            except Exception as problem:
                problems.append(problem)
            time.sleep(0.002)

    knocking = threading.Thread(target=knock)
    knocking.start()
    hello_before = running.get("hello")["pid"]
    for version in (2, 3, 4):
        running.edit("other", r'"version": \d+', f'"version": {version}')
        until(lambda wanted=version: running.get("other")["version"] == wanted)  # type: ignore[misc]
    stop.set()
    knocking.join()
    assert problems == []
    assert running.get("hello")["pid"] == hello_before, "a save restarted a service it does not concern"


def test_a_crash_is_shown_with_its_last_lines_and_heals_on_save(running: Demo) -> None:
    other_before = running.get("other")["pid"]
    running.edit("hello", r"app = FastAPI\(\)", "app = FastAPI(\nraise RuntimeError")
    broken = until(
        lambda: (unit := running.statuses()["hello"])["state"] == "crashed" and unit, what="the crash"
    )
    assert any("SyntaxError" in line for line in broken["last_lines"])
    assert "exit code 1" in broken["detail"]
    until(
        lambda: refuses(running.ports["hello"]), what="callers to be refused"
    )  # but for the moments of a next try
    assert running.get("other")["pid"] == other_before
    # Between two tries it is starting, not down.
    until(lambda: running.devkit("status", check=False).returncode == 1)
    running.edit("hello", r"app = FastAPI\(\nraise RuntimeError", "app = FastAPI()")
    until(lambda: running.statuses()["hello"]["state"] == "ready", what="the recovery")


def test_a_killed_service_comes_back(running: Demo) -> None:
    before = running.get("other")["pid"]
    psutil.Process(before).kill()
    until(lambda: running.get("other")["pid"] != before)
    assert running.statuses()["other"]["restarts"] > 0


def test_data_survives_down_and_up(running: Demo) -> None:
    with psycopg.connect(running.database_url()) as connection:
        connection.execute("insert into notes (text) values ('kept')")
    running.devkit("down")
    assert running.devkit("status", check=False).stderr.startswith("devkit: nothing runs in this clone")
    running.up()
    with psycopg.connect(running.database_url()) as connection:
        assert connection.execute("select 1 from notes where text = 'kept'").fetchone() == (1,)


def test_a_taken_port_is_named_with_its_holder_before_anything_starts(platform: Demo) -> None:
    platform.devkit("down")
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", platform.ports["other"]))
        holder.listen()
        done = platform.devkit("up", "--detach", check=False)
    assert done.returncode == 1
    assert f"port {platform.ports['other']} (other) is taken by" in done.stderr
    assert f"(pid {psutil.Process().pid})" in done.stderr
    assert "--port-offset" in done.stderr
    assert platform.devkit("status", check=False).returncode == 1


def test_an_external_database_is_used_and_never_wiped(platform: Demo, postgres_server: Postgres) -> None:
    platform.devkit("down")
    url = postgres_server.create()
    refused = platform.devkit(
        "up", "-d", "--database-url", url.replace("forma3d@", "forma3d:pw@"), check=False
    )
    assert refused.returncode == 2
    assert "secrets set DATABASE_URL" in refused.stderr
    set_secret = subprocess.run(
        platform.command("secrets", "set", "DATABASE_URL"), input=url + "\n", env=platform.environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert set_secret.returncode == 0, set_secret.stderr
    try:
        platform.up()
        units = platform.statuses()
        assert (units["postgres"]["state"], units["db-migrate"]["state"]) == ("off", "done")
        assert platform.get("hello")["environment"]["DATABASE_URL"] == url
        assert platform.devkit("db", "reset", "--yes", check=False).returncode == 5
        platform.devkit("reset", "--yes")
        with psycopg.connect(url) as connection:
            connection.execute("select count(*) from notes")
    finally:
        (platform.root / "k8s/dev/secret.yaml").unlink()


def test_two_clones_run_at_once(platform: Demo, tmp_path: Path) -> None:
    platform.up()
    with demo(tmp_path) as second:
        (second.root / "dev/services.yaml").write_text((platform.root / "dev/services.yaml").read_text())
        clash = second.devkit("up", "-d", check=False)
        assert clash.returncode == 1
        assert "is taken by" in clash.stderr
        offset = next(
            offset
            for offset in range(7, 3000, 7)
            if all(is_free(port + offset) for port in platform.ports.values())
        )
        moved = Demo(second.root, {name: port + offset for name, port in platform.ports.items()})
        moved.devkit("up", "-d", "--port-offset", str(offset))
        assert moved.get("hello")["environment"]["OTHER_URL"] == f"http://127.0.0.1:{moved.ports['other']}"
        assert f"127.0.0.1:{moved.ports['postgres']}/demo" in moved.devkit("db", "status").stdout
        assert platform.get("hello")["pid"] != moved.get("hello")["pid"]


def test_only_some_services(platform: Demo) -> None:
    platform.devkit("down")
    platform.up("other")
    assert list(platform.statuses()) == ["other"]
    assert platform.devkit("down").returncode == 0
    wrong = platform.devkit("up", "othr", check=False)
    assert (wrong.returncode, "no service othr" in wrong.stderr) == (2, True)
