"""Programs are asked with a deadline, and nothing of them stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psutil
import pytest
from devkit.base.proc import NoAnswer, ask_program, find_program

from tests.support.demo import until
from tests.support.polling import PATIENCE


def program(folder: Path, text: str, name: str = "asked") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_its_answer(tmp_path: Path) -> None:
    asked = program(tmp_path, 'echo "out $1"; echo first >&2; echo "  last " >&2; exit 3')
    answer = ask_program([asked, "a b"], timeout=PATIENCE)
    assert (answer.code, answer.out, answer.err) == (3, "out a b\n", "first\n  last \n")
    assert answer.last_line == "last"


def test_it_speaks_english_and_hears_nothing(tmp_path: Path) -> None:
    asked = program(tmp_path, 'echo "$LC_ALL $LANGUAGE $KEPT"; cat; echo end')
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "KEPT": "yes"}
    assert ask_program([asked], timeout=PATIENCE, environ=environ).out == "C.UTF-8 C yes\nend\n"


def test_one_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    asked = program(tmp_path, f'sleep 600 & echo "$! $$" > "{pids}"; wait')
    for patience in (0.5, 2.0, 8.0, 32.0):  # until there was time for the children to begin
        with pytest.raises(NoAnswer, match=f"asked did not answer within {patience:g} s") as caught:
            ask_program([asked], timeout=patience)
        assert caught.value.late
        if pids.exists() and pids.read_text().endswith("\n"):
            break
    for pid in map(int, pids.read_text().split()):
        until(lambda pid=pid: not lives(pid), what=f"the end of {pid}")  # type: ignore[misc]


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_child_that_keeps_the_output_open_does_not_hold_the_answer_back(tmp_path: Path) -> None:
    asked = program(tmp_path, f'sleep 100000 & echo $! > "{tmp_path}/pid"; echo done')
    try:
        assert ask_program([asked], timeout=PATIENCE).out == "done\n"
    finally:
        psutil.Process(int((tmp_path / "pid").read_text())).kill()


def test_much_output_is_no_deadlock(tmp_path: Path) -> None:
    asked = program(tmp_path, "head -c 20000000 /dev/zero | tr '\\0' x; echo late >&2")
    answer = ask_program([asked], timeout=PATIENCE)
    assert (len(answer.out), answer.err) == (8 * 2**20, "late\n")


def test_output_that_is_no_text(tmp_path: Path) -> None:
    assert ask_program([program(tmp_path, "printf '\\377ok'")], timeout=PATIENCE).out == "\ufffdok"


def test_why_there_is_no_answer(tmp_path: Path) -> None:
    not_executable = tmp_path / "plain"
    not_executable.write_text("#!/bin/sh\n")
    wrong = tmp_path / "wrong"
    wrong.write_text("#!/no/such/interpreter\n")
    wrong.chmod(0o755)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x00\x01")
    binary.chmod(0o755)
    for path, reason in (
        (tmp_path / "none", "none is not on PATH"),
        (not_executable, "plain cannot be run: Permission denied"),
        (binary, "binary cannot be run: Exec format error"),
        (wrong, r"wrong cannot be run: its interpreter is missing"),
    ):
        with pytest.raises(NoAnswer, match=reason) as caught:
            ask_program([path], timeout=PATIENCE)
        assert not caught.value.late


def test_what_is_on_path(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").mkdir()
    found = program(folder, "", "kubectl")
    environ = {"PATH": f"/no/such/folder:{folder}"}
    assert find_program("kubectl", environ) == found
    assert find_program("docker", environ) is None
    found.chmod(stat.S_IRUSR)
    assert find_program("kubectl", environ) is None
    for nothing in ({}, {"PATH": ""}, {"PATH": "\x00"}):
        assert find_program("kubectl", nothing) is None
