"""A pid is not a process: what had the number before is another one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
from devkit.base import process_identity
from devkit.base.process_identity import ProcessIdentity, describe, this_boot, this_process


@pytest.fixture(params=["/proc", "without /proc"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without /proc":
        monkeypatch.setattr(process_identity, "this_boot", lambda: "")
        monkeypatch.setattr(process_identity, "Path", lambda path: _Nowhere())


class _Nowhere:
    def read_bytes(self) -> bytes:
        raise FileNotFoundError


@pytest.mark.usefixtures("way")
def test_a_process_and_its_end() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        identity = describe(child.pid)
        assert identity is not None
        assert identity.runs
        assert identity == describe(child.pid)
        assert not replace(identity, started=identity.started - 1).runs, "another one had this number"
        assert not replace(identity, boot="another").runs
        child.kill()
        if sys.platform == "linux":  # it can wait without taking the end away
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            assert not identity.runs, "ended, though nobody has waited for it"
    assert not identity.runs
    assert describe(child.pid) is None


def test_no_clock_is_in_it() -> None:
    """The start is counted from the boot: psutil's time of the same process moves with the clock."""
    me = this_process()
    ticks = os.sysconf("SC_CLK_TCK")
    since_boot = psutil.Process().create_time() - psutil.boot_time()
    assert abs(me.started / ticks - since_boot) < 2
    assert me.boot == this_boot()


def test_its_age_is_no_matter_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    real, began = time.time, time.monotonic()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        identity = describe(child.pid)
        assert identity is not None
        for by in (-3600, 3600):
            monkeypatch.setattr(time, "time", lambda by=by: real() + by)
            assert 0 <= identity.age <= time.monotonic() - began + 0.1
        assert this_process().age >= identity.age
        child.kill()


def test_as_text() -> None:
    me = this_process()
    assert ProcessIdentity.parse(str(me)) == me
    for wrong in ("", "1", "1.x", "x.y.2", "1..", "."):
        assert ProcessIdentity.parse(wrong) is None


def test_a_name_with_brackets(tmp_path: object) -> None:
    code = "import ctypes; ctypes.CDLL(None).prctl(15, b'a) R 1 (b', 0, 0, 0); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        child.stdout.readline()
        identity = describe(child.pid)
        assert identity is not None
        assert identity.started > this_process().started - 1
        child.kill()
