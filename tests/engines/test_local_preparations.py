"""What prepares a service's start can hang, and is ended with all that it started: by every way to stop or restart it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.demo import Demo, demo, until, write_files
from tests.support.polling import PATIENCE
from tests.support.storage import free_port

_ROW = """\
  page:
    type: vite
    about: A page whose packages never come.
    port: {port}
    resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{cpu: 200m, memory: 128Mi}}}}
"""
# It leaves a child behind in a group of its own, as a package's script may, and notes all pids.
_NPM = """\
#!/bin/bash
{trap}
mkdir -p node_modules/half
set -m
sleep 100000 & echo $! >> {pids}
echo $$ >> {pids}
wait
wait
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        table = made.root / "dev/services.yaml"
        table.write_text(table.read_text() + _ROW.format(port=free_port()))
        write_files(made.root, {"apps/page/package-lock.json": "{}", "apps/page/package.json": "{}"})
        yield made


class Hanging:
    """`up` of the page, whose `npm ci` hangs. `pids` are those of npm and its child, of every time that it ran."""

    def __init__(self, platform: Demo, folder: Path, trap: str = "") -> None:
        self.platform = platform
        self.noted = folder / "pids"
        programs = {"npm": _NPM.format(pids=self.noted, trap=trap), "node": "#!/bin/sh\necho v22.12.0\n"}
        write_files(folder / "bin", programs)
        for name in programs:
            (folder / "bin" / name).chmod(0o755)
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.up = subprocess.Popen(
            platform.command("up", "page"), env=platform.environment(PATH=path), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.wait_for(2)

    def wait_for(self, count: int) -> list[psutil.Process]:
        """The processes of npm, once there are so many."""

        def noted() -> bool:
            assert self.up.poll() is None, self.up.communicate()[0]
            return self.noted.exists() and len(self.noted.read_text().split()) >= count

        until(noted, what="npm ci")
        found = []
        for pid in self.noted.read_text().split():
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(int(pid)))
        return found

    def end(self) -> str:
        """Waits for the end of `up`. What it said."""
        return self.up.communicate(timeout=PATIENCE)[0]


@pytest.fixture
def hanging(platform: Demo, tmp_path: Path) -> Iterator[Hanging]:
    made = Hanging(platform, tmp_path)
    try:
        yield made
    finally:
        platform.devkit("down", check=False)
        made.end()


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_down(hanging: Hanging) -> None:
    assert hanging.platform.statuses()["page"]["state"] == "preparing"
    npm = hanging.wait_for(2)
    assert len(running(npm)) == 2
    done = hanging.platform.devkit("down")
    assert running(npm) == []
    assert "by signal" not in done.stderr
    output = hanging.end()
    assert hanging.up.returncode == 0
    assert "crashed" not in output
    assert "failed" not in output


def test_ctrl_c(hanging: Hanging) -> None:
    npm = hanging.wait_for(2)
    hanging.up.send_signal(signal.SIGINT)
    output = hanging.end()
    assert (hanging.up.returncode, running(npm)) == (0, [])
    assert "data is kept" in output


def test_down_after_kill_9(hanging: Hanging) -> None:
    """What is advised for a supervisor that does not answer."""
    npm = hanging.wait_for(2)
    hanging.up.kill()
    hanging.up.wait(PATIENCE)
    assert "./devkit down" in hanging.platform.devkit("status", check=False).stderr
    hanging.platform.devkit("down")
    assert running(npm) == []
    assert "nothing runs" in hanging.platform.devkit("status", check=False).stderr


def test_restart_begins_again(hanging: Hanging) -> None:
    first = hanging.wait_for(2)
    with subprocess.Popen(
        hanging.platform.command("restart", "page"), env=hanging.platform.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as restart:  # fmt: skip
        hanging.wait_for(4)
        assert running(first) == []
        assert hanging.platform.statuses()["page"]["state"] == "preparing"
        restart.kill()


def test_one_that_heeds_no_signal(platform: Demo, tmp_path: Path) -> None:
    made = Hanging(platform, tmp_path, trap="trap '' TERM INT HUP")
    npm = made.wait_for(2)
    platform.devkit("down")
    made.end()
    assert running(npm) == []


def test_what_was_half_done_is_done_again(platform: Demo) -> None:
    """npm made node_modules in every test above, and was ended."""
    from devkit.types.npm import packages_current

    assert (platform.root / "apps/page/node_modules/half").is_dir()
    assert not packages_current(platform.root / "apps/page")
