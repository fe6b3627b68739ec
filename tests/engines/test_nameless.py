"""A user without a home and a name, as in a container that is run with an id of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo
from tests.support.polling import PATIENCE

_OTHER_ID = ("unshare", "--user", "--map-user=4242", "--map-group=4242", "--")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


def nameless(platform: Demo, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DEVKIT_ROOT": str(platform.root)}
    done = subprocess.run(
        [*_OTHER_ID, *platform.command(*arguments)], env=environment, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=PATIENCE,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    "command", ["status", "logs", "graph", "plan", "doctor", "db status", "debug --status"]
)
def test_no_command_needs_them(platform: Demo, command: str) -> None:
    """It ends as for anybody else."""
    usual = platform.devkit(*command.split(), check=False)
    assert nameless(platform, *command.split()).returncode == usual.returncode


def test_everything_runs(platform: Demo) -> None:
    up = nameless(platform, "up", "--detach")
    assert up.returncode == 0, up.stderr
    try:
        assert nameless(platform, "status").returncode == 0
        assert "0001" in nameless(platform, "db", "status").stdout
    finally:
        assert nameless(platform, "down").returncode == 0
