"""`devkit up` as one types it: what it says, and what it refuses before anything starts. More in tests/engines."""

from __future__ import annotations

import pytest

from tests.support.demo import Demo


def test_a_second_up_says_that_one_runs(running: Demo) -> None:
    done = running.devkit("up", check=False)
    assert done.returncode == 1
    assert f"already runs in this clone (pid {running.run_state()['pid']})" in done.stderr


def test_it_says_which_engine_and_why_unless_one_is_named(stopped: Demo) -> None:
    assert "devkit: engine local: " in stopped.devkit("up", "othre", check=False, PATH="/bin").stderr
    assert "devkit: engine " not in stopped.devkit("up", "othre", "--engine", "local", check=False).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("othre",), "no service othre; did you mean other?"),
        (("--engine", "docker"), "no engine 'docker'"),
        (("--port-offset", "50001"), "should be less than or equal to 50000"),
        (("--port-offset", "some"), "should be a valid integer"),
        (("--database-url", "mysql://u@h/x"), "is not complete"),
        (("--json",), "No such option"),
    ],
)
def test_what_is_wrong_starts_nothing(stopped: Demo, words: tuple[str, ...], said: str) -> None:
    done = stopped.devkit("up", "--detach", *words, check=False, PATH="/bin")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert stopped.devkit("status", "--engine", "local", check=False).returncode == 1
