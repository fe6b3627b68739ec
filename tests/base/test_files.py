"""A file is replaced in one step, or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from devkit.base.files import remove_stale_temporaries, replace_file


def test_makes_folders_and_file(tmp_path: Path) -> None:
    replace_file(tmp_path / "a" / "b" / "c.txt", b"one")
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"one"
    assert [p.name for p in (tmp_path / "a/b").iterdir()] == ["c.txt"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_keeps_the_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_gives_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0, 0o666)])
def test_a_new_file_follows_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        replace_file(tmp_path / "a", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_failure_is_told_when_there_is_nothing_to_take_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "a", b"new")


def test_nobody_else_reads_what_is_not_yet_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, before = Path.chmod, []

    def noted(path: Path, mode: int) -> None:
        before.append(stat.S_IMODE(path.stat().st_mode))
        really(path, mode)

    monkeypatch.setattr(Path, "chmod", noted)
    replace_file(tmp_path / "a", b"new", mode=0o640)
    assert before == [0o600]


def test_content_is_on_the_disk_before_its_name_is_and_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a power cut leaves the old file or the new one too."""
    (tmp_path / "a").write_bytes(b"old")
    really, asked = os.fsync, []

    def noted(descriptor: int) -> None:
        status = os.fstat(descriptor)
        what = "folder" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes"
        asked.append((what, (tmp_path / "a").read_bytes()))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    open_before = sorted(Path("/dev/fd").iterdir())
    replace_file(tmp_path / "a", b"new")
    assert sorted(Path("/dev/fd").iterdir()) == open_before
    assert asked == [("3 bytes", b"old"), ("folder", b"new")]


def test_a_leftover_that_another_call_removes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover = tmp_path / ".a.1-0.devkit-tmp"
    leftover.touch()

    def ended(pid: int) -> bool:
        leftover.unlink()
        return False

    monkeypatch.setattr(psutil, "pid_exists", ended)
    remove_stale_temporaries(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_leftovers_of_the_dead_are_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        dead = process.pid
    names = {f".a.{dead}-0.devkit-tmp", f".a.{os.getpid()}-0.devkit-tmp", ".mine.devkit-tmp", ".a.tmp"}
    for name in names:
        (tmp_path / name).touch()
    remove_stale_temporaries(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == names - {f".a.{dead}-0.devkit-tmp"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    remove_stale_temporaries(tmp_path / "none")
