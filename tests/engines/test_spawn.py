"""The local engine where forking is not safe (macOS; DEVKIT_SPAWN=1 anywhere): services are fresh interpreters, and all else
is as ever. `./devkit test --soak` runs all tests of the engine so; here are the main ones."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import psutil
import pytest
from devserve.starting import SPAWN_VARIABLE, spawns

# The same tests, on the platform and the service below.
from tests.commands.test_debug import (
    test_a_breakpoint_in_the_first_line_of_a_service_holds as test_a_breakpoint_in_the_first_line_of_a_service_holds,
)
from tests.devserve.test_reload import (
    test_what_was_asked_before_the_save_is_answered as test_what_was_asked_before_the_save_is_answered,
)
from tests.engines.test_command_server import NOBODY, served
from tests.engines.test_local_debugger import test_attach_after_a_reload as test_attach_after_a_reload
from tests.engines.test_local_up import (
    test_a_crash_is_shown_with_its_last_lines_and_heals_on_save as test_a_crash_is_shown_with_its_last_lines_and_heals_on_save,
)
from tests.engines.test_local_up import (
    test_a_save_answers_with_new_code_and_refuses_nobody as test_a_save_answers_with_new_code_and_refuses_nobody,
)
from tests.engines.test_local_up import (
    test_no_secret_is_on_any_command_line as test_no_secret_is_on_any_command_line,
)
from tests.engines.test_local_up import (
    test_services_get_the_tables_environment_and_nothing_of_the_shell as test_services_get_the_tables_environment_and_nothing_of_the_shell,
)
from tests.support.demo import Demo, alive, demo, family
from tests.support.forks import is_fork
from tests.support.platform import ROOT
from tests.support.served import Served
from tests.support.served import served as serving


@pytest.fixture(scope="module", autouse=True)
def spawning() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SPAWN_VARIABLE, "1")
        yield


@pytest.fixture(scope="module")
def platform(spawning: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("spawned")) as made:
        made.up()
        yield made


@pytest.fixture
def running(platform: Demo) -> Demo:
    return platform.is_up()


@pytest.fixture(scope="module")
def service(spawning: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as made:
        made.answers(1)
        yield made


def test_services_tasks_and_the_daemon_are_fresh_interpreters(running: Demo) -> None:
    supervisor = psutil.Process(running.run_state()["pid"])
    assert any("devkit.engines.local.daemon" in word for word in supervisor.cmdline())
    (server,) = supervisor.children()
    pids = [running.get(name)["pid"] for name in ("hello", "other")]
    assert {psutil.Process(pid).ppid() for pid in pids} == {server.pid}
    assert not [pid for pid in pids if is_fork(pid, server.pid)]


def test_what_others_may_see_of_its_environment_has_no_secret(running: Demo) -> None:
    """It is the fork server's, as a fork's would be: with the marks of clone and supervisor."""
    process = psutil.Process(running.get("hello")["pid"])
    seen = process.environ()
    assert seen == psutil.Process(process.ppid()).environ()
    assert {"DEVKIT_CLONE", "DEVKIT_SUPERVISOR"} < set(seen)
    assert "DATABASE_URL" not in seen


def test_commands_run_directly(running: Demo) -> None:
    """The command server forks after imports, so there is none, also once somebody has asked for the status."""
    assert all(unit["state"] in ("ready", "done") for unit in running.statuses().values())
    assert running.devkit("status").returncode == 0
    assert running.devkit("doctor", "--only", "local").returncode == 0
    assert served(running, "status").returncode == NOBODY
    assert not (running.root / ".devkit" / "commands.sock").exists()


def test_nothing_is_learned_for_preloading(running: Demo) -> None:
    assert not list((running.root / ".devkit").glob("preload*/*"))


def test_down_leaves_nothing(running: Demo) -> None:
    processes = family(running)
    running.devkit("down")
    assert alive(processes) == []


def test_another_value_is_refused_before_anything_starts(platform: Demo) -> None:
    platform.devkit("down", check=False)
    done = platform.devkit("up", "--detach", check=False, DEVKIT_SPAWN="yes")
    assert done.returncode == 2
    assert "DEVKIT_SPAWN=yes is neither 0 (fork) nor 1 (spawn)" in done.stderr
    assert platform.devkit("status", check=False).returncode == 1


@pytest.mark.parametrize(
    ("system", "value", "expected"),
    [("linux", "", False), ("linux", "1", True), ("darwin", "", True), ("darwin", "0", False)],
)
def test_the_system_decides_unless_the_variable_does(
    system: str, value: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(SPAWN_VARIABLE, value)
    assert spawns() is expected


def test_every_fork_is_known() -> None:
    """A new one needs a fresh interpreter beside it, or a reason why it is safe on macOS."""
    forks = re.compile(r"\b(?:os\.fork(?:pty)?|pty\.fork)\(|\bpreexec_fn\b|\bmultiprocessing\b")
    tools = ROOT / "tools"
    found = {
        path.relative_to(tools).as_posix() for path in tools.rglob("*.py") if forks.search(path.read_text())
    }
    known = {"devserve/starting.py", "devkit/engines/local/daemon.py", "devkit/served.py"}
    assert found == known, "docs/local-engine.md lists them: Fork and spawn"
