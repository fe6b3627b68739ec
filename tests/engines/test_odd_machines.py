"""Machines that lack what most have, or have it otherwise: it works all the same, or one sentence says what to do."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, demo, until
from tests.support.file_systems import elsewhere
from tests.support.polling import PATIENCE


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Demo]:
    with demo(tmp_path / "clone") as made:
        yield made


def call(before: list[str], platform: Demo, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*before, *platform.command(*arguments)], env=platform.environment(**more), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=PATIENCE,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_localhost_is_ipv6_first(platform: Demo, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("::1 localhost\n127.0.0.1 localhost\n")
    before = elsewhere(f"mount --bind {tmp_path}/hosts /etc/hosts")
    up = call(before, platform, "up", "--detach")
    assert up.returncode == 0, up.stderr
    overview = json.loads(call(before, platform, "status", "--json").stdout)
    assert {unit["state"] for unit in overview["units"]} == {"ready", "done"}
    asks = f"import socket, urllib.request; print(socket.getaddrinfo('localhost', 1)[0][4][0]); print(urllib.request.urlopen('http://localhost:{platform.ports['hello']}/').status)"
    done = subprocess.run([*before, "python3", "-I", "-c", asks], capture_output=True, text=True)
    assert done.stdout.split() == ["::1", "200"], done.stderr
    assert call(before, platform, "db", "status").returncode == 0


def test_without_shared_memory(platform: Demo) -> None:
    """Postgres keeps its own in files."""
    before = elsewhere("mount -t tmpfs -o ro none /dev/shm")
    up = call(before, platform, "up", "--detach", "postgres")
    assert up.returncode == 0, up.stderr
    assert "0001" in call(before, platform, "db", "status").stdout


@pytest.mark.parametrize("command", ["up --detach", "status", "down"])
def test_without_proc(platform: Demo, command: str) -> None:
    done = call(elsewhere("mount -t tmpfs none /proc"), platform, *command.split())
    assert done.returncode == 1
    assert "no process can be seen here: /proc is empty" in done.stderr
    assert "mount -t proc proc /proc" in done.stderr


def test_root_without_user_namespaces(platform: Demo) -> None:
    """Its error is that of a full disk, which it is not."""
    before = elsewhere("echo 0 > /proc/sys/user/max_user_namespaces", users=True)
    done = call(before, platform, "up", "--detach", "postgres")
    assert done.returncode == 1
    said = "Postgres does not run as root, and this system makes no user namespace: unshare: unshare failed"
    assert said in done.stderr
    assert "run devkit as an ordinary user" in done.stderr
    assert "disk" not in done.stderr
    doctor = call(before, platform, "doctor", "--only", "local", "--json")
    assert "no user namespace can be made" in doctor.stdout


def test_saves_that_are_told_late(platform: Demo) -> None:
    """As macOS tells them, and wherever devkit has to look by itself: a fifth of a second later, several saves at once."""
    late = {"WATCHFILES_FORCE_POLLING": "true", "WATCHFILES_POLL_DELAY_MS": "200"}
    assert call([], platform, "up", "--detach", "other", **late).returncode == 0
    before = platform.get("other")["pid"]
    for version in (2, 3, 4, 5):
        platform.edit("other", r'"version": \d+', f'"version": {version}')
    until(lambda: platform.get("other")["version"] == 5, what="the newest of the saves")
    assert platform.get("other")["pid"] != before
    platform.edit("other", r"app = FastAPI\(\)", "app = FastAPI(")
    until(lambda: platform.statuses()["other"]["state"] == "crashed", what="the crash")
    platform.edit("other", r"app = FastAPI\(", "app = FastAPI()")
    with urllib.request.urlopen(
        until(
            lambda: (
                f"http://127.0.0.1:{platform.ports['other']}/"
                if platform.statuses()["other"]["state"] == "ready"
                else ""
            )
        )
    ) as reply:
        assert json.load(reply)["version"] == 5
