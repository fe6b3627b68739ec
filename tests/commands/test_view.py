"""`devkit view`: when it shows nothing; what it shows: tests/engines/test_live_view.py."""

from __future__ import annotations

from tests.support.demo import Demo, until
from tests.support.terminal import terminal


def test_without_a_terminal_it_says_so(running: Demo) -> None:
    done = running.devkit("view", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the live view needs a terminal" in done.stderr
    assert "./devkit status, ./devkit logs -f" in done.stderr


def test_nothing_runs(stopped: Demo) -> None:
    with terminal(stopped.environment()) as shell:
        shell.run(stopped.command("view", "--engine", "local"), after="; echo exit code $?")
        until(lambda: shell.shows("exit code 1"), what="the end")
        assert shell.shows("devkit: nothing runs in this clone")


def test_it_ends_with_the_platform(stopped: Demo) -> None:
    stopped.up("other")
    with terminal(stopped.environment()) as shell:
        shell.run(stopped.command("view"), after="; echo exit code $?")
        until(lambda: shell.line("other").split()[1:2] == ["ready"], what="the view")
        stopped.devkit("down")
        until(lambda: shell.shows("exit code 0"), what="the end")
