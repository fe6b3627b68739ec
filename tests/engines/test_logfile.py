"""A service's log: bounded, and a disk that is full ends nothing and is told of."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.engines.local import logfile
from devkit.engines.local.logfile import LogFile, last_lines


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 KiB, really."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"needs to mount a small disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    log = LogFile(small_disk / "web.log")
    log.write("first")
    (small_disk / "fill").write_bytes(b"\0" * 60_000)
    for number in range(100):
        log.write(f"{number} " + "x" * 1000)
    kept = (small_disk / "web.log").read_text().splitlines()
    assert kept[0] == "first"
    assert 0 < len(kept) < 60
    assert all(len(line) > 1000 for line in kept[1:]), "no half line"
    (small_disk / "fill").unlink()
    log.write("last")
    said = (small_disk / "web.log").read_text().splitlines()
    assert said[-1] == "last"
    assert said[-2] == f"devkit: {101 - len(kept)} lines were dropped here: No space left on device"
    log.close()


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_LIMIT", 1_000)
    log = LogFile(tmp_path / "web.log")
    for number in range(300):
        log.write(f"line {number}")
    log.close()
    first, *newer = (tmp_path / "web.log").read_text().splitlines()
    assert first == f"devkit: older lines are in {tmp_path / 'web.log.1'}"
    older = (tmp_path / "web.log.1").read_text().splitlines()[1:]
    assert [*older, *newer][-1] == "line 299"
    assert (tmp_path / "web.log").stat().st_size <= 1_000
    assert last_lines(tmp_path / "web.log", 1_000) == [*older, *newer]
    assert last_lines(tmp_path / "web.log", len(newer) + 1) == [older[-1], *newer]
    assert last_lines(tmp_path / "none.log", 5) == []
    assert [*older, *newer] == [
        f"line {300 - len(older) - len(newer) + n}" for n in range(len(older) + len(newer))
    ]


def test_one_that_cannot_be_rotated_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_LIMIT", 100)
    (tmp_path / "web.log.1" / "in the way").mkdir(parents=True)
    log = LogFile(tmp_path / "web.log")
    for number in range(50):
        log.write(f"line {number}")
    log.close()
    assert (tmp_path / "web.log").read_text().splitlines() == [f"line {number}" for number in range(50)]
