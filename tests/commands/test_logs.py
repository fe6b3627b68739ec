"""`devkit logs`: all, one, the last few, those to come."""

from __future__ import annotations

import os
import select
import subprocess

import pytest

from tests.support.demo import Demo
from tests.support.polling import PATIENCE, looks


def test_all_and_one(running: Demo) -> None:
    running.get("other")
    assert "other      | " in running.devkit("logs").stdout
    lines = running.devkit("logs", "other").stdout.splitlines()
    assert {line.partition(" ")[0] for line in lines} == {"other"}
    assert any("Application startup complete" in line for line in lines)


def test_several_and_a_group(running: Demo) -> None:
    running.get("other")
    for words, shown in ((("other", "devkit"), {"other", "devkit"}), (("backend",), {"other"})):
        lines = running.devkit("logs", *words).stdout.splitlines()
        assert {line.partition(" ")[0] for line in lines} == shown


def test_the_last_few(running: Demo) -> None:
    every = running.devkit("logs", "other").stdout.splitlines()
    assert running.devkit("logs", "other", "-n", "2").stdout.splitlines() == every[-2:]
    assert running.devkit("logs", "other", "--lines", "0").stdout == ""


def test_follow(running: Demo) -> None:
    with subprocess.Popen(
        running.command("logs", "other", "-f", "-n", "0"),
        env=running.environment(), stdout=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        assert following.stdout is not None
        for _ in looks():  # it follows from when it has begun to
            running.get("other")
            if select.select([following.stdout], [], [], 0.5)[0]:
                break
        else:
            pytest.fail("nothing to follow")
        assert "other" in following.stdout.readline()
        following.terminate()


@pytest.mark.parametrize("direct", ["", "1"])
def test_a_reader_that_has_gone(running: Demo, direct: str) -> None:
    """As `logs | head -n 1`: no mistake, wherever the command runs."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        running.command("logs", "other"), env=running.environment(DEVKIT_DIRECT=direct),
        stdout=writing, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_has_run(stopped: Demo) -> None:
    done = stopped.devkit("logs", "--engine", "local", check=False)
    said = "devkit: nothing runs in this clone\n    → ./devkit up starts it\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("othre",), "no service othre; did you mean other?"),
        (("-n", "-1"), "should be greater than or equal to 0"),
        (("--engine", "docker"), "engines: local, tilt"),
    ],
)
def test_wrong_words(running: Demo, words: tuple[str, ...], said: str) -> None:
    done = running.devkit("logs", *words, check=False)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
