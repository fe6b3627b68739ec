"""`devkit debug`: a service that waits for its debugger, and who has one. On real processes, through a real client."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devkit.engines.ports import free_offset

from tests.support.dap import Debugger, launch_entry
from tests.support.demo import Demo, demo, end_strays, until, write_launcher
from tests.support.polling import PATIENCE


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("hello", "other")
        yield made


def told(platform: Demo) -> dict[str, str | None]:
    """What `--status --json` says of each service's debugger."""
    report = json.loads(platform.devkit("debug", "--status", "--json").stdout)
    assert (report["version"], report["engine"]) == (1, "local")
    return {port["service"]: port["debugger"] for port in report["ports"]}


def first_line(platform: Demo, service: str) -> int:
    lines = platform.source(service).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith("app = "))


@contextmanager
def waiting(platform: Demo, service: str) -> Iterator[subprocess.Popen[str]]:
    """`devkit debug SERVICE --wait`, running."""
    command = subprocess.Popen(
        platform.command("debug", service, "--wait"), env=platform.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: platform.statuses()[service]["debugger"] == "awaited" or command.poll() is not None)
        assert command.poll() is None, command.communicate()
        yield command
    finally:
        command.kill()
        command.communicate()


def test_nobody_is_attached(platform: Demo) -> None:
    assert told(platform) == {"hello": "none", "other": "none"}
    shown = platform.devkit("debug", "--status").stdout
    assert "no debugger attached" in shown
    assert str(platform.ports["other_debug"]) in shown
    assert f" {platform.ports['other_debug']}  " in platform.devkit("status").stdout


def test_a_breakpoint_in_the_first_line_of_a_service_holds(platform: Demo) -> None:
    with waiting(platform, "other") as command:
        time.sleep(0.5)
        with pytest.raises((urllib.error.URLError, TimeoutError)):
            platform.get("other", timeout=1)
        assert platform.statuses()["other"]["detail"].startswith("waits for a debugger on port")
        assert f"{platform.ports['other_debug']} (awaited)" in platform.devkit("status", check=False).stdout
        with Debugger(platform.ports["other_debug"]) as debugger:
            debugger.attach({str(platform.source("other")): [first_line(platform, "other")]})
            thread = debugger.stopped()
            assert debugger.frame(thread)["line"] == first_line(platform, "other")
            assert told(platform) == {"hello": "none", "other": "attached"}
            assert (
                f"{platform.ports['other_debug']} (attached)" in platform.devkit("status", check=False).stdout
            )
            debugger.request("continue", threadId=thread)
            _, said = command.communicate(timeout=PATIENCE)
            assert command.returncode == 0, said
            assert "a debugger is attached" in said
            assert "other is ready" in said
            assert platform.get("other")["says"] == "hello"
    until(lambda: told(platform)["other"] == "none")


def test_ctrl_c_starts_it_without_a_debugger(platform: Demo) -> None:
    with waiting(platform, "other") as command:
        command.send_signal(2)
        _, said = command.communicate(timeout=PATIENCE)
        assert command.returncode == 130, said
        assert "starts without a debugger" in said
    until(lambda: platform.get("other")["says"] == "hello")
    assert told(platform)["other"] == "none"


def test_without_wait_the_command_returns_and_a_save_does_not_end_the_waiting(platform: Demo) -> None:
    said = platform.devkit("debug", "other").stderr
    assert f"127.0.0.1:{platform.ports['other_debug']}" in said
    platform.edit("other", r'"version": \d+', '"version": 8')
    time.sleep(1)
    assert told(platform)["other"] == "awaited"
    platform.devkit("debug", "other")  # once more does no harm
    with Debugger(platform.ports["other_debug"]) as debugger:
        debugger.attach({})
        until(lambda: platform.get("other")["version"] == 8)


def test_a_restart_ends_the_waiting(platform: Demo) -> None:
    platform.devkit("debug", "other")
    platform.devkit("restart", "other")
    assert platform.get("other")["says"] == "hello"
    assert told(platform)["other"] == "none"


def test_the_port_alone_is_printed(platform: Demo) -> None:
    for arguments in (("--port", "other"), ("other", "--port")):
        done = platform.devkit("debug", *arguments)
        assert (done.stdout, done.stderr) == (f"{platform.ports['other_debug']}\n", "")


def test_f5_in_a_clone_leads_to_its_own_service(platform: Demo, tmp_path: Path) -> None:
    """Two clones of one repository, one of them on other ports: the same launch.json, each its own process."""
    write_launcher(platform.root)
    platform.devkit("vscode")
    root = tmp_path / "second"
    shutil.copytree(platform.root, root, ignore=shutil.ignore_patterns(".devkit", "k8s"))
    second = Demo(root, platform.ports)
    offset = free_offset(platform.ports.values(), 0)
    try:
        second.up("--port-offset", str(offset))
        assert second.devkit("generate", "--check", check=False).stdout.count(".vscode") == 0
        for clone, moved in ((platform, 0), (second, offset)):
            entry = launch_entry(clone.root, "other")
            assert entry["connect"]["port"] == str(clone.ports["other_debug"] + moved)
            assert folder_of(entry) == str(clone.root)
        second.devkit("down")
        done = second.devkit("debug", "--port", "other", "--engine", "local", check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "nothing runs in this clone" in done.stderr
    finally:
        second.devkit("down", check=False)
        end_strays(second)


def folder_of(entry: dict[str, Any]) -> str:
    """The folder in which the process runs that an entry attaches to."""
    with Debugger.of(entry, {}) as debugger:
        found = debugger.request("evaluate", expression="__import__('os').getcwd()")["result"]
        return str(found).strip("'")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--port",), 2, "--port takes one service and no other option"),
        (("--port", "other", "--wait"), 2, "--port takes one service and no other option"),
        (("--port", "--status"), 2, "--port takes one service and no other option"),
        (("--port", "other", "--json"), 2, "--port takes one service and no other option"),
        (("--port", "othre"), 2, "no service othre runs; did you mean other?"),
        (("--port", "postgres"), 1, "postgres has no debug port"),
        ((), 2, "name one service, or ask for --status"),
        (("other", "--status"), 2, "name one service, or ask for --status"),
        (("--status", "--wait"), 2, "name one service, or ask for --status"),
        (("othre",), 2, "no service othre runs; did you mean other?"),
        (("postgres",), 1, "postgres has no debug port"),
    ],
)
def test_what_cannot_be(platform: Demo, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = platform.devkit("debug", *arguments, check=False)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "→" in done.stderr
    assert done.stdout == ""
