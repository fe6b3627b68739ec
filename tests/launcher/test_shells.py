"""What is written for a shell is written for each: checked by ShellCheck as sh, and the launcher run by those that there are.

macOS's /bin/sh is bash in its POSIX mode, Debian's is dash, Alpine's is busybox.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.support.launched import Launched
from tests.support.platform import ROOT

SHELLS = (("dash",), ("busybox", "sh"), ("bash", "--posix"))


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    words: tuple[str, ...] = request.param
    if shutil.which(words[0]) is None:
        pytest.skip(f"no `{words[0]}` on PATH (Debian: apt install {words[0]})")
    return words


def scripts() -> list[str]:
    """Every file of the repository whose first line names a shell."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = []
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            with (ROOT / name).open("rb") as file:
                if re.match(rb"#!.*\b(ba|da)?sh\b", file.readline()):
                    found.append(name)
    return found


def test_shellcheck_finds_nothing() -> None:
    found = scripts()
    assert {"devkit", "requirements/lock", ".ci/run", "tools/devkit/types/go/debugged"} <= set(found)
    folders = (sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath))
    program = shutil.which("shellcheck", path=os.pathsep.join(folders))
    if program is None:
        pytest.skip(
            "no `shellcheck`: `./devkit test` installs it, but on Linux arm64 (Debian: apt install shellcheck)"
        )
    done = subprocess.run([program, "--external-sources", *found], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_launcher_is_written_for_sh() -> None:
    """ShellCheck goes by the first line: what has to run everywhere says sh there."""
    for name in ("devkit", "tools/devkit/types/go/debugged"):
        assert (ROOT / name).read_text().startswith("#!/bin/sh\n")


def test_first_call_later_calls_and_a_changed_lock(
    shell: tuple[str, ...], tmp_path: Path, wheels: str
) -> None:
    clone = Launched(tmp_path / "a clone's ü", wheels)
    first = clone.call("a b", "*", "ü", before=shell)
    assert first.returncode == 0, first.stderr
    assert ".venv is ready" in first.stderr
    assert "arguments ['a b', '*', 'ü'] packages ['idna']" in first.stdout
    clone.lock("devkit", "iniconfig")
    assert "packages ['iniconfig']" in clone.call(before=shell).stdout
    later = clone.call("--root", "x", "test", "", before=shell)
    assert (later.returncode, "arguments ['--root', 'x', 'test', '']" in later.stdout) == (0, True), (
        later.stderr
    )


def test_links_and_folders(shell: tuple[str, ...], made: Launched, tmp_path: Path) -> None:
    (tmp_path / "first link").symlink_to(made.root / "devkit")
    (tmp_path / "second").symlink_to("first link")
    below = made.root / "below"
    below.mkdir(exist_ok=True)
    for folder, program in ((tmp_path, "second"), (below, "../devkit"), (made.root, "devkit")):
        done = subprocess.run([*shell, program, "x"], cwd=folder, capture_output=True, text=True)
        assert done.stdout.startswith("arguments ['x'] "), done.stderr
        assert done.stdout.endswith(f" folder {folder}\n")


def test_without_python(shell: tuple[str, ...], tmp_path: Path) -> None:
    clone = Launched(tmp_path / "clone")
    program = shutil.which(shell[0])
    assert program
    done = subprocess.run(
        [program, *shell[1:], *clone.command()], env={"PATH": "/nonexistent"}, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert done.stderr.startswith("devkit needs Python 3.11 or newer; found none. Install one")


def test_a_folder_that_cannot_be_used(shell: tuple[str, ...], tmp_path: Path) -> None:
    clone = Launched(tmp_path / "what?")
    done = clone.call(before=shell)
    assert done.returncode == 2
    assert "the path of this clone contains ?, which Vite cannot take" in done.stderr
