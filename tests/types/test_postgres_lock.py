"""Whose Postgres's lock is: the number in it may be anybody's by now."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from devkit.types.postgres.lock import Holder, holder, locked_by, process_of, remove_lock

from tests.support.polling import looks


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def lock(data: Path, text: object) -> Path:
    path = data / "postmaster.pid"
    path.write_text(f"{text}\n{data}\n1718000000\n")
    return path


@contextmanager
def running(folder: Path, name: str) -> Iterator[int]:
    """A process of that name which works in `folder`, and does nothing."""
    program = (
        f"open('/proc/self/comm', 'w').write('{name}'); print(flush=True); import time; time.sleep(100_000)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def ended() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


@pytest.mark.parametrize("content", ["", "\n", "no number\n", "12x\n", "\xff\xfe\n"])
def test_a_lock_that_names_nobody(data: Path, content: str) -> None:
    assert locked_by(data) is None
    (data / "postmaster.pid").write_bytes(content.encode("latin-1"))
    assert locked_by(data) is None
    assert holder(data) is None
    assert remove_lock(data) is None
    assert not (data / "postmaster.pid").exists()


def test_without_a_lock_nothing_is_to_be_done(data: Path) -> None:
    assert holder(data) is None
    assert remove_lock(data) is None
    assert holder(data / "none") is None


@pytest.mark.parametrize("pid", [None, -5, 2**31 - 1, 2**70])
def test_a_lock_of_a_process_that_is_gone(data: Path, pid: int | None) -> None:
    gone = ended() if pid is None else pid
    path = lock(data, gone)
    assert holder(data) == Holder(gone, None, here=False)
    assert remove_lock(data) is None
    assert not path.exists()


def test_a_process_that_has_ended_and_is_not_yet_waited_for(data: Path) -> None:
    process = subprocess.Popen(["true"])
    for _ in looks():
        if psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE:
            break
    lock(data, process.pid)
    assert holder(data) == Holder(process.pid, None, here=False)
    process.wait()


@pytest.mark.parametrize("name", ["sleeper", "postgres"])
def test_a_lock_whose_number_a_process_elsewhere_has(data: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    with running(tmp_path / "elsewhere", name) as pid:
        path = lock(data, pid)
        assert holder(data) == Holder(pid, name, here=False)
        assert remove_lock(data) is None
        assert not path.exists()


def test_a_server_on_these_data(data: Path) -> None:
    with running(data, "postgres") as pid:
        path = lock(data, pid)
        (data.parent / "link").symlink_to(data)
        for way in (data, data.parent / "link"):
            assert holder(way) == Holder(pid, "postgres", here=True)
            assert remove_lock(way) == pid
        assert path.exists()


def test_what_is_left_of_a_server_whose_lock_names_another(data: Path) -> None:
    with running(data, "postgres") as pid:
        path = lock(data, ended())
        assert remove_lock(data) == pid
        assert path.exists()
    assert remove_lock(data) is None
    assert not path.exists()


def test_a_shell_in_the_data_is_no_server(data: Path) -> None:
    with running(data, "sleeper"):
        path = lock(data, ended())
        assert remove_lock(data) is None
        assert not path.exists()


@pytest.mark.parametrize(("name", "here"), [("postgres", True), ("sleeper", False)])
def test_a_folder_that_is_not_told(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str, here: bool
) -> None:
    """As for another user's process; which user runs the tests, nobody knows."""

    def denied(process: psutil.Process) -> str:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "cwd", denied)
    with running(data, name) as pid:
        lock(data, pid)
        assert process_of(pid) == (name, None)
        assert holder(data) == Holder(pid, name, here)
        monkeypatch.setattr(psutil.Process, "name", denied)
        assert process_of(pid) == ("another user's process", None)
        assert holder(data) == Holder(pid, "another user's process", here=False)
