"""`up` as a job of an interactive shell: it paints only while the terminal is its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo, until
from tests.support.terminal import terminal

PAINTS, PAINTS_NO_MORE = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


def test_it_paints_only_in_the_foreground(platform: Demo) -> None:
    with terminal(platform.environment()) as shell:
        shell.run(platform.command("up", "other"), after=" &")
        until(lambda: shell.sent("everything is up"), what="plain lines of a job in the background")
        assert PAINTS not in shell.seen
        assert "── ready on http://localhost" in shell.seen
        shell.type("fg\n")
        until(lambda: shell.sent(PAINTS) and shell.shows("Ctrl-C stop all"), what="the view")
        shell.type("\x1a")
        until(lambda: shell.sent("Stopped"), what="the shell's word on Ctrl-Z")
        assert PAINTS_NO_MORE in shell.seen.partition("Stopped")[0]
        shell.type("bg\n")
        platform.edit("other", '"version": 1', '"version": 2')
        until(lambda: shell.sent("restarting other"), what="plain lines after bg")
        assert PAINTS not in shell.seen
        shell.close()
        until(lambda: platform.devkit("status", check=False).returncode, what="the end with the terminal")
