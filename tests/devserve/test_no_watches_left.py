"""Where the kernel lets a user watch nothing more, saves are noticed all the same: by looking."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.namespaces import in_own_users
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

_NONE_LEFT = """
import asyncio, sys, time
from pathlib import Path
Path("/proc/sys/user/max_inotify_instances").write_text("0")
sys.path[:0] = sys.argv[2:]
folder = Path(sys.argv[1])
"""
_DEVSERVE = """
from devserve.changes import Watcher
watcher = Watcher([folder])
until = time.monotonic() + 100
number = 0
while time.monotonic() < until:
    number += 1
    (folder / "saved.py").write_text(f"number = {number}")
    time.sleep(0.5)
    if changed := watcher.take():
        print(sorted(changed))
        break
"""
_LOCAL = """
from devserve.process import Process

from devkit.engines.local.units import Unit
from devkit.types.ready import HttpReady
from devkit.engines.local.watch import watch_units

class Runner:
    unit = Unit("hello", "python", process=Process(start={}, ready=HttpReady(), watch=(folder,)))

async def save():
    for number in range(200):
        (folder / "saved.py").write_text(f"number = {number}")
        await asyncio.sleep(0.5)

async def main():
    saving = asyncio.create_task(save())
    async for concerned in watch_units([Runner()], ()):
        print([runner.unit.name for runner in concerned or ()], [str(folder / "saved.py")])
        saving.cancel()
        return

asyncio.run(asyncio.wait_for(main(), 100))
"""


@pytest.mark.skipif(not Path("/proc/sys/user/max_inotify_instances").exists(), reason="needs Linux's inotify")
@pytest.mark.parametrize("code", [_DEVSERVE, _LOCAL], ids=["devserve", "local engine"])
def test_saves_are_noticed(tmp_path: Path, code: str) -> None:
    command = [*in_own_users(), "--map-root-user", sys.executable, "-E", "-s", "-P", "-c", _NONE_LEFT + code]
    done = subprocess.run(
        [*command, str(tmp_path), str(ROOT / "tools"), str(ROOT / "libs")],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert str(tmp_path / "saved.py") in done.stdout, done.stdout + done.stderr
