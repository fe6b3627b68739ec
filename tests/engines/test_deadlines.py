"""Whatever takes long says what it waits for, and nothing waits for ever."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.engines.local import client
from devkit.engines.local.client import SupervisorSilent, ask

from tests.support.demo import Demo, demo, until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


@contextmanager
def suspended(pid: int) -> Iterator[None]:
    """As by Ctrl-Z in its terminal."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_stopped_supervisor_is_named_by_every_command(platform: Demo) -> None:
    platform.is_up()
    pid = platform.run_state()["pid"]
    with suspended(pid):
        for command in ("status", "restart other", "debug --status", "db status", "verify"):
            done = platform.devkit(*command.split(), check=False)
            assert done.returncode != 0, command
            assert f"the supervisor (pid {pid}) is stopped, as by Ctrl-Z" in done.stderr, command
            assert f"kill -CONT {pid}" in done.stderr, command
            assert "./devkit down" in done.stderr, command
    assert platform.devkit("status").returncode == 0


def test_the_advice_ends_everything(platform: Demo) -> None:
    """`./devkit down` of a stopped supervisor, while its services and databases run."""
    platform.is_up()
    pid = platform.run_state()["pid"]
    children = list(map(int, platform.run_state()["children"]))
    os.kill(pid, signal.SIGSTOP)
    done = platform.devkit("down")
    assert "stopped; data is kept" in done.stderr
    for each in (pid, *children):
        until(lambda each=each: not _is_there(each), what=f"the end of {each}")  # type: ignore[misc]
    platform.up()
    log = (platform.root / ".devkit/logs/postgres.log").read_text()
    assert "was not properly shut down" not in log


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_that_never_answers(platform: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not stopped, but takes no request: as in an endless loop."""
    platform.is_up()
    monkeypatch.setattr(client, "_LOOK", 0.05)
    monkeypatch.setattr(client, "_SILENCE", 0.2)
    monkeypatch.setattr(client, "_process_state", lambda _: "running")
    with suspended(platform.run_state()["pid"]), pytest.raises(SupervisorSilent, match="has not answered"):
        ask(platform.root, do="status")


def test_a_service_that_does_not_come_up(platform: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.is_up()
    source = platform.source("other").read_text()
    try:
        platform.source("other").write_text("import time\ntime.sleep(600)\n")
        with pytest.raises(DevkitError, match=r"not done after 3 s: other \("):
            ask(platform.root, deadline=3, do="restart", units=["other"])
        process = subprocess.Popen(
            platform.command("restart", "other"),
            env=platform.environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        process.send_signal(signal.SIGINT)
        process.communicate()
    finally:
        platform.source("other").write_text(source)
    until(lambda: platform.statuses()["other"]["state"] == "ready")
