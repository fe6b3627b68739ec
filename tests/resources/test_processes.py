"""Real processes that burn a known share of a core and hold a known amount of memory."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from devkit.engines.events import State, Status
from devkit.resources.meter import Meter
from devkit.resources.sources.processes import ProcessSource, read_tree

from tests.support.demo import until
from tests.support.polling import PATIENCE

MEBI = 2**20
# The kernel counts in hundredths of a second, user and system apart.
TICK = 0.03


@contextmanager
def program(text: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has said `ready`; ended with its children."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    try:
        yield process
    finally:
        for each in family:
            if each.is_running():
                each.kill()
        process.wait()
        process.stdout.close()


BURNER = """
    import os, time
    held = bytearray(os.urandom(1)) * (80 * 2**20)
    print("ready", flush=True)
    while True:
        until = time.process_time() + 0.02
        while time.process_time() < until: pass
        time.sleep(0.03)
"""

FAMILY = """
    import os, sys, time
    shared = bytearray(b"s") * (100 * 2**20)
    reader, writer = os.pipe()
    for number in range(3):
        if os.fork() == 0:
            own = bytearray(b"o") * (20 * 2**20)
            os.write(writer, b".")
            time.sleep(100_000)
    for number in range(3):
        os.read(reader, 1)
    print("ready", flush=True)
    time.sleep(100_000)
"""


def used(process: subprocess.Popen[str]) -> float:
    return sum(psutil.Process(process.pid).cpu_times()[:2])


def test_a_share_of_a_core_and_what_it_holds() -> None:
    with program(BURNER) as process:
        meter = Meter(time.monotonic(), ProcessSource.period)
        burnt = [used(process)]
        first = read_tree("burner", process.pid)
        burnt.append(used(process))
        assert first is not None
        meter.take([first], first.at)
        until(lambda: used(process) > burnt[1] + 0.5, what="half a second of work")
        burnt.append(used(process))
        second = read_tree("burner", process.pid)
        burnt.append(used(process))
        assert second is not None
        (sample,) = meter.take([second], second.at)
    assert sample.cpu is not None
    # What it had used right before and right after each look: however late the next line runs, the truth is in between.
    spent = sample.cpu * (second.at - first.at)
    assert burnt[2] - burnt[1] - TICK <= spent <= burnt[3] - burnt[0] + TICK
    assert sample.cpu < 0.8, "about 0.4 of a core, on a machine that has one to give"
    assert 80 * MEBI < sample.memory < 110 * MEBI


def test_a_clock_that_is_set_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back by an hour: the same process is the same, one that was there before is old, and the rate is what it was."""
    real = time.time
    with program(FAMILY) as process:
        meter = Meter(time.monotonic(), ProcessSource.period)
        first = read_tree("family", process.pid)
        assert first is not None
        meter.take([first], first.at)
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        second = read_tree("family", process.pid)
        assert second is not None
        assert second.at > first.at
        assert second.parts.keys() == first.parts.keys()
        ages = [part.age for part in second.parts.values()]
        assert all(age is not None and 0 <= age < PATIENCE for age in ages), ages
        (sample,) = meter.take([second], second.at)
        assert sample.cpu is not None
        assert sample.cpu >= 0
    assert not meter.restarts


def test_pages_that_a_tree_shares_are_counted_once() -> None:
    with program(FAMILY) as process:
        found = read_tree("family", process.pid)
        assert found is not None
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        resident = sum(each.memory_info().rss for each in tree)
    assert len(found.parts) == 4
    real = (100 + 3 * 20) * MEBI
    assert real < found.memory < real + 60 * MEBI
    assert resident > 4 * 100 * MEBI, "resident sizes would count the shared part four times"
    assert found.share is not None
    assert found.share <= found.memory + MEBI


def test_a_process_that_ends_between_two_looks() -> None:
    with program(FAMILY) as process:
        pid = process.pid
        child = psutil.Process(pid).children()[0]
        meter = Meter(time.monotonic(), ProcessSource.period)
        first = read_tree("family", pid)
        assert first is not None
        meter.take([first], first.at)
        child.kill()
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
        second = read_tree("family", pid)
        assert second is not None
        (sample,) = meter.take([second], second.at)
        assert sample.cpu is not None
        assert sample.cpu >= 0
        assert sample.memory < first.memory - 10 * MEBI
    assert read_tree("family", pid) is None


def test_what_does_not_run_is_absent_and_says_why() -> None:
    statuses = [
        Status("here", "python", State.READY, pid=psutil.Process().pid),
        Status("crashed", "python", State.CRASHED, detail="exited with 1"),
        Status("off", "vite", State.OFF, detail="Node.js is missing"),
        Status("gone", "python", State.READY, pid=2**22 - 1),
    ]
    names = ["here", "crashed", "off", "gone", "never", "elsewhere"]
    look = ProcessSource(lambda: statuses, names, {"elsewhere": "runs in Kubernetes only"}).look()
    assert [reading.service for reading in look.readings] == ["here"]
    assert look.absent == {
        "crashed": "exited with 1",
        "off": "Node.js is missing",
        "gone": "its process ended",
        "never": "is not among what up was asked to start",
        "elsewhere": "runs in Kubernetes only",
    }
