"""`./devkit` in a scratch clone: real venv, real pip, locks small enough to be quick."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.launched import Launched, locked
from tests.support.polling import PATIENCE


def test_later_calls_say_nothing_and_keep_arguments(made: Launched) -> None:
    below = made.root / "some where" / "deep"
    below.mkdir(parents=True, exist_ok=True)
    done = made.call("a b", "*", "ü", folder=below)
    assert done.stderr == ""
    assert "arguments ['a b', '*', 'ü']" in done.stdout
    assert f"folder {below}" in done.stdout
    relative = subprocess.run(["../../devkit", "x"], cwd=below, capture_output=True, text=True)
    assert "arguments ['x']" in relative.stdout


def test_through_links(made: Launched, tmp_path: Path) -> None:
    (tmp_path / "first link").symlink_to(made.root / "devkit")
    (tmp_path / "second").symlink_to("first link")
    done = subprocess.run([tmp_path / "second", "x"], capture_output=True, text=True)
    assert "arguments ['x']" in done.stdout, done.stderr


def test_without_path(made: Launched) -> None:
    done = subprocess.run(
        ["/bin/sh", made.root / "devkit", "x"], capture_output=True, text=True, env={"PATH": "/nonexistent"}
    )
    assert "arguments ['x']" in done.stdout, done.stderr


def test_a_changed_lock_brings_and_takes_packages(made: Launched) -> None:
    made.lock("devkit", "iniconfig")
    done = made.call()
    assert "updating .venv" in done.stderr
    assert "removed idna" in done.stderr
    assert "idna" not in done.stdout
    made.lock("devkit", "idna")
    assert "packages ['idna']" in made.call().stdout


def test_tests_bring_their_own_requirements_and_keep_them(made: Launched) -> None:
    made.lock("tests", "iniconfig")
    assert "packages ['idna', 'iniconfig']" in made.call("--root", str(made.root), "test").stdout
    assert "packages ['idna', 'iniconfig']" in made.call("test").stdout
    quiet = made.call("up")
    assert (quiet.stderr, "iniconfig" in quiet.stdout) == ("", True)


def test_packages_stay_while_a_devkit_runs_with_them(made: Launched) -> None:
    hold = "import sys; sys.path.insert(0, 'tools'); from launcher.in_use import hold; hold('.venv'); print(1, flush=True); input()"
    command = [str(made.root / ".venv" / "bin" / "python"), "-c", hold]
    with subprocess.Popen(
        command, cwd=made.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdout.readline()
        made.lock("devkit", "markupsafe")
        stayed = made.call("status")
        stamp = made.root / ".venv" / "devkit-locks" / "tests.txt"
        kept = stamp.read_bytes()
        stamp.unlink()
        refused = made.call("test")
        stamp.write_bytes(kept)
        running.stdin.write("\n")
    assert "its packages stay until ./devkit down" in stayed.stderr
    assert "'idna'" in stayed.stdout
    assert "MarkupSafe" not in stayed.stdout
    assert (refused.returncode, "./devkit down, then again" in refused.stderr) == (5, True)
    after = made.call("up")
    assert "removed idna" in after.stderr
    assert "MarkupSafe" in after.stdout
    made.lock("devkit", "idna")
    assert "'idna'" in made.call().stdout


@pytest.mark.parametrize("broken", ["bin/python", "pip", "devkit-locks"])
def test_a_broken_venv_is_repaired(made: Launched, broken: str) -> None:
    venv = made.root / ".venv"
    if broken == "pip":
        for package in venv.glob("lib/*/site-packages/pip"):
            shutil.rmtree(package)
        shutil.rmtree(venv / "devkit-locks")
    elif (venv / broken).is_dir():
        shutil.rmtree(venv / broken)
    else:
        (venv / broken).unlink()
    done = made.call()
    assert done.returncode == 0, done.stderr
    assert "packages ['idna'" in done.stdout


def test_a_wrong_hash_installs_nothing(made: Launched) -> None:
    good = (made.root / "requirements" / "devkit.txt").read_text()
    wrong = re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", locked("iniconfig"))
    (made.root / "requirements" / "devkit.txt").write_text(wrong)
    done = made.call()
    assert done.returncode == 3
    assert "pip could not install the locked requirements" in done.stderr
    assert "Traceback" not in done.stderr
    (made.root / "requirements" / "devkit.txt").write_text(good)
    assert made.call().returncode == 0


def test_interrupted_at_any_moment_the_next_call_works(tmp_path: Path, wheels: str) -> None:
    clone = Launched(tmp_path / "clone", wheels)
    for seconds in (0.05, 0.6, 2.0):
        with subprocess.Popen(
            clone.command("x"), env=clone.environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            time.sleep(seconds)  # the moment of the kill is the case, not a wait
            os.killpg(process.pid, signal.SIGKILL)
    done = clone.call("x")
    assert done.returncode == 0, done.stderr
    assert "packages ['idna']" in done.stdout


def test_half_a_pip_is_made_anew(made: Launched) -> None:
    """What a kill in the middle of `python -m venv` leaves: a pip that can be imported and not run."""
    venv = made.root / ".venv"
    shutil.rmtree(next(venv.glob("lib/python*/site-packages/pip/_vendor/packaging")))
    shutil.rmtree(venv / "devkit-locks")
    (venv / "unfinished").touch()
    done = made.call()
    assert done.returncode == 0, done.stderr
    assert "repairing .venv" in done.stderr
    assert not (venv / "unfinished").exists()


def test_two_first_calls_at_once(tmp_path: Path, wheels: str) -> None:
    clone = Launched(tmp_path / "clone", wheels)
    calls = [
        subprocess.Popen(
            clone.command(name),
            env=clone.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    results = [call.communicate(timeout=PATIENCE) for call in calls]
    assert [call.returncode for call in calls] == [0, 0], results
    assert all("packages ['idna']" in output for output, _ in results)
    errors = "".join(error for _, error in results)
    assert errors.count("creating .venv") == 1
    assert errors.count("waiting for it") == 1


def test_an_environment_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    clone = Launched(tmp_path / "clone")
    (clone.root / ".venv").mkdir()
    (clone.root / ".venv" / "precious").write_text("mine")
    done = clone.call()
    assert done.returncode == 2
    assert "devkit did not create it" in done.stderr
    assert (clone.root / ".venv" / "precious").read_text() == "mine"
