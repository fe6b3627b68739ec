"""A file's lock is one process's at a time, and free again however that one ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.base.locks import held

HOLDER = """
import pathlib, sys, time
from devkit.base.errors import DevkitError
from devkit.base.locks import held
with held(pathlib.Path(sys.argv[1]), lambda: DevkitError("taken")):
    print("has it", flush=True)
    time.sleep(600)
"""


def refusal() -> DevkitError:
    return DevkitError("another one has it")


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with held(path, refusal):
        with pytest.raises(DevkitError, match="another one has it"), held(path, refusal):
            raise AssertionError("both have it")
        with held(tmp_path / "b.lock", refusal):
            pass
    with held(path, refusal):
        pass


def test_free_again_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(ZeroDivisionError), held(path, refusal):
        raise ZeroDivisionError
    with held(path, refusal):
        pass


def test_free_again_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"has it\n"
        with pytest.raises(DevkitError, match="another one has it"), held(path, refusal):
            raise AssertionError("both have it")
        process.send_signal(signal.SIGKILL)
    with held(path, refusal):
        pass


def test_the_file_is_its_owners_alone_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with held(tmp_path / "new.lock", refusal):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.lock").stat().st_mode) == 0o600
    (tmp_path / "old.lock").write_text("kept")
    with held(tmp_path / "old.lock", refusal):
        pass
    assert (tmp_path / "old.lock").read_text() == "kept"
