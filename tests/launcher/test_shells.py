"""What is written for a shell is written for each: checked by ShellCheck as sh, and the launcher run by those that there are.

macOS's /bin/sh is bash in its POSIX mode, Debian's is dash, Alpine's is busybox.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
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


@pytest.fixture
def clone(tmp_path: Path) -> Launched:
    """A clone whose `.venv` is a link to this Python, made from the locks as they are; what would bring it up to date only
    says what it was told."""
    made = Launched(tmp_path / "a clone's ü")
    venv = made.root / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    shutil.copytree(made.root / "requirements", venv / "devkit-locks")
    told = "import os, sys\nprint('told', sys.argv[1:], 'folder', os.getcwd())\n"
    (made.root / "tools" / "launcher" / "__main__.py").write_text(told)
    (made.root / "tools" / "__main__.py").write_text(told.replace("told", "devkit"))
    return made


def test_when_it_becomes_devkit_and_when_it_brings_packages(shell: tuple[str, ...], clone: Launched) -> None:
    def call(*arguments: str) -> str:
        done = clone.call(*arguments, before=shell)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    usual = "devkit services debug embedded"
    words = ["a b", "*", "ü", ""]
    assert call(*words) == f"devkit {words} folder {clone.root}\n"
    assert call("--root", "x", "test", "y").startswith("devkit ")
    (clone.root / ".venv" / "devkit-locks" / "tests.txt").unlink()
    assert call("up").startswith("devkit ['up']"), "what the tests need, it does not"
    assert call("test", "--help").startswith("devkit ")
    for arguments in (["test"], ["--root", "x", "bench"], ["--root=x", "test", "y"]):
        assert (
            call(*arguments)
            == f"told {[str(clone.root), f'{usual} tests', *arguments]} folder {clone.root}\n"
        )
    clone.lock("services", "iniconfig")
    assert call(*words) == f"told {[str(clone.root), usual, *words]} folder {clone.root}\n"


def test_links_and_folders(shell: tuple[str, ...], clone: Launched, tmp_path: Path) -> None:
    (tmp_path / "first link").symlink_to(clone.root / "devkit")
    (tmp_path / "second").symlink_to("first link")
    below = clone.root / "below"
    below.mkdir()
    for folder, program in ((tmp_path, "second"), (below, "../devkit"), (clone.root, "devkit")):
        done = subprocess.run([*shell, program, "x"], cwd=folder, capture_output=True, text=True)
        assert done.stdout == f"devkit ['x'] folder {folder}\n", done.stderr


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
