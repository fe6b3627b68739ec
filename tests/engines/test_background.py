"""`up` as a job of an interactive shell: it paints only while the terminal is its own."""

from __future__ import annotations

import contextlib
import os
import pty
import shlex
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo, until

PAINTS, PAINTS_NO_MORE = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


class Terminal:
    """An interactive shell, and what its screen was sent."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.seen = ""
        self.pid, self.keys = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execve(str(shutil.which("bash")), ["bash", "--norc", "--noprofile", "-i"], environment)
        os.set_blocking(self.keys, False)

    def type(self, keys: str) -> None:
        self.seen = ""
        os.write(self.keys, keys.encode())

    def shows(self, text: str) -> bool:
        with contextlib.suppress(BlockingIOError):
            self.seen += os.read(self.keys, 1 << 16).decode("utf-8", "replace")
        return text in self.seen

    def close(self) -> None:
        os.close(self.keys)
        os.waitpid(self.pid, 0)


def test_it_paints_only_in_the_foreground(platform: Demo) -> None:
    terminal = Terminal(platform.environment(TERM="xterm-256color"))
    terminal.type(shlex.join(platform.command("up", "other")) + " &\n")
    until(lambda: terminal.shows("everything is up"), what="plain lines of a job in the background")
    assert PAINTS not in terminal.seen
    assert "── ready on http://localhost" in terminal.seen
    terminal.type("fg\n")
    until(lambda: terminal.shows(PAINTS) and terminal.shows("Ctrl-C stops everything"), what="the table")
    terminal.type("\x1a")
    until(lambda: terminal.shows("Stopped"), what="the shell's word on Ctrl-Z")
    assert PAINTS_NO_MORE in terminal.seen.partition("Stopped")[0]
    terminal.type("bg\n")
    platform.edit("other", '"version": 1', '"version": 2')
    until(lambda: terminal.shows("restarting other"), what="plain lines after bg")
    assert PAINTS not in terminal.seen
    terminal.close()
    until(lambda: platform.devkit("status", check=False).returncode, what="the end with the terminal")
