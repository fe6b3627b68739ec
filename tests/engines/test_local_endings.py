"""However the supervisor ends, nothing is orphaned, nothing is lost, and the next `up` works."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.demo import IN_A_TERMINAL, Demo, alive, demo, family, until
from tests.support.polling import PATIENCE


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


def write_note(platform: Demo, text: str) -> None:
    with psycopg.connect(platform.database_url()) as connection:
        connection.execute("insert into notes (text) values (%s)", (text,))


def notes(platform: Demo) -> set[str]:
    with psycopg.connect(platform.database_url()) as connection:
        return {text for (text,) in connection.execute("select text from notes").fetchall()}


def test_kill_9_of_the_supervisor(platform: Demo) -> None:
    platform.up()
    write_note(platform, "before the kill")
    members = family(platform)
    assert len(members) >= 6
    members[0].kill()
    until(lambda: not alive(members), what="the end of every child")
    platform.up()
    log = (platform.root / ".devkit/logs/postgres.log").read_text()
    assert "was not properly shut down" not in log
    assert "was interrupted" not in log
    assert "before the kill" in notes(platform)
    platform.devkit("down")


def test_kill_9_of_supervisor_and_fork_server_together(platform: Demo) -> None:
    platform.up()
    write_note(platform, "before both kills")
    members = family(platform)
    supervisor = members[0]
    fork_server = supervisor.children()[0]
    supervisor.suspend()  # so that neither sees the other's end
    fork_server.kill()
    supervisor.kill()
    assert alive(members[2:])
    done = platform.devkit("up", "--detach")
    assert "stopped what a killed run had left" in done.stderr
    assert alive(members) == []
    assert "before both kills" in notes(platform)
    platform.devkit("down")


def test_kill_9_of_the_fork_server_alone_stops_everything(platform: Demo) -> None:
    platform.up()
    members = family(platform)
    members[0].children()[0].kill()
    until(lambda: not alive(members), what="the end of everything")
    platform.up()
    platform.devkit("down")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_foreground_gracefully(platform: Demo, ending: signal.Signals) -> None:
    with platform.foreground() as process:
        until(lambda: platform.statuses()["hello"]["state"] == "ready")
        members = family(platform)
        process.send_signal(ending)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, alive(members)) == (0, [])
    assert "hello" in output
    assert "── ready on http://localhost" in output
    assert "stopped; data is kept" in errors
    assert "Traceback" not in output + errors


def test_a_closed_terminal_ends_everything(platform: Demo) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*IN_A_TERMINAL, *platform.command("up")]
        os.execve(command[0], command, platform.environment(TERM="xterm-256color"))
    screen = b""
    os.set_blocking(terminal, False)

    def ready() -> bool:
        nonlocal screen
        with contextlib.suppress(BlockingIOError):
            screen += os.read(terminal, 1 << 16)
        return bool(platform.statuses()["hello"]["state"] == "ready")

    until(ready)
    with contextlib.suppress(BlockingIOError):
        screen += os.read(terminal, 1 << 16)
    members = family(platform)
    os.close(terminal)
    until(lambda: not alive(members), what="the end of everything")
    os.waitpid(pid, 0)
    shown = screen.decode("utf-8", "replace")
    assert "service" in shown
    assert "ready in" in shown
    platform.up()
    platform.devkit("down")


def test_a_missing_variable_is_shown_as_what_it_is(platform: Demo) -> None:
    platform.edit("other", "^", 'import os\nos.environ["NOT_IN_THE_TABLE"]\n')
    done = platform.devkit("up", "--detach", check=False)
    try:
        assert done.returncode == 1
        assert "NOT_IN_THE_TABLE" in done.stderr
        assert "other did not come up; the rest runs" in done.stderr
        assert platform.statuses()["hello"]["state"] == "ready"
    finally:
        platform.edit("other", 'import os\nos.environ\\["NOT_IN_THE_TABLE"\\]\n', "")
        platform.devkit("down")


@pytest.mark.parametrize("moment", ["at once", "while it learns"])
def test_down_at_any_moment(platform: Demo, moment: str) -> None:
    for wait in (0.0, 0.1, 0.25, 0.5, 0.8) if moment == "at once" else (4.9, 5.1):
        (platform.root / ".devkit" / "preload.json").unlink(
            missing_ok=True
        )  # so that there is something to learn
        if moment == "at once":
            platform.devkit("up", "--detach", "other")
        else:
            platform.up()
        time.sleep(wait)  # the moment is the case, not a wait
        members = family(platform)
        platform.devkit("down")
        assert alive(members) == []
