"""What cannot work is told before anything is installed, in a sentence with its fix."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.launched import Launched

_PYTHONS = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")
# In namespaces of its own, where even an ordinary user may mount.
_MAY_MOUNT = ("unshare", "--user", "--map-root-user", "--mount", "--")


def nothing_installed(clone: Launched) -> bool:
    return not (clone.root / ".venv" / "bin").exists()


@pytest.mark.parametrize(
    ("character", "tool"),
    [
        ('"', "initdb"), ("$", "initdb"), ("`", "initdb"), ("\n", "initdb"), ("\udcff", "initdb"), ("\\", "Node.js"),
        ("?", "Vite"), (":", "python -m venv"),
    ],
)  # fmt: skip
def test_a_name_that_a_tool_cannot_take(tmp_path: Path, character: str, tool: str) -> None:
    clone = Launched(tmp_path / f"a{character}b{character}")
    done = clone.call("x")
    assert done.returncode == 2
    assert f"which {tool}" in done.stderr
    assert "rename that folder" in done.stderr
    assert nothing_installed(clone)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 3.9.2", "found python3: 3.9.2, "),
        ("echo 'loading'; echo 'Fatal Python error: no home' >&2; exit 1", "python3: cannot start (Fatal Python error: no home), "),
    ],
)  # fmt: skip
def test_no_python_that_will_do_is_one_line(tmp_path: Path, script: str, said: str) -> None:
    clone = Launched(tmp_path / "clone")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in _PYTHONS:
        fake = programs / name
        fake.write_text(f'#!/bin/sh\ncase "$*" in *print*) {script} ;; *) exit 1 ;; esac\n')
        fake.chmod(0o755)
    for tool in ("sh", "cmp"):
        (programs / tool).symlink_to(str(shutil.which(tool)))
    done = clone.call(PATH=str(programs), DEVKIT_PYTHON="")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert said in done.stderr
    assert nothing_installed(clone)


def test_a_python_that_is_named_and_does_not_start_is_told(tmp_path: Path) -> None:
    clone = Launched(tmp_path / "clone")
    done = clone.call("x", DEVKIT_PYTHON=str(tmp_path / "gone"), PATH=str(tmp_path))
    assert f"DEVKIT_PYTHON names {tmp_path / 'gone'}" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [("noexec", "is mounted noexec: the libraries in"), ("size=600k", "the disk is full: 0 MB are free in")],
)
def test_a_file_system_that_cannot_hold_it(tmp_path: Path, options: str, said: str) -> None:
    clone = Launched(tmp_path / "clone")
    place = tmp_path / "place"
    place.mkdir()
    script = f'mount -t tmpfs -o {options} none "$1" && cp -r "$2/." "$1" && exec sh "$1/devkit" x'
    done = subprocess.run(
        [*_MAY_MOUNT, "sh", "-c", script, "sh", str(place), str(clone.root)],
        env=clone.environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("→") == 1


def test_help_installs_nothing_more(made: Launched) -> None:
    before = (made.root / "requirements" / "tests.txt").read_text()
    made.lock("tests", "iniconfig", "markupsafe")
    try:
        for command in (("test", "--help"), ("bench", "-h"), ("--root", os.sep, "test", "x", "--help")):
            done = made.call(*command)
            assert (done.returncode, done.stderr) == (0, "")
    finally:
        (made.root / "requirements" / "tests.txt").write_text(before)
