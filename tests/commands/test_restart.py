"""`devkit restart`: a new process, or why there is none."""

from __future__ import annotations

from tests.support.demo import Demo, until


def test_a_new_process(running: Demo) -> None:
    before = running.get("other")["pid"]
    assert "devkit: other is ready again" in running.devkit("restart", "other").stderr
    assert running.get("other")["pid"] != before


def test_what_is_broken_says_why(running: Demo) -> None:
    running.edit("other", r"app = FastAPI\(\)", "app = FastAPI(")
    done = running.devkit("restart", "other", check=False)
    running.edit("other", r"app = FastAPI\(", "app = FastAPI()")
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr
    assert "fix it and save" in done.stderr
    until(lambda: running.statuses()["other"]["state"] == "ready")


def test_a_name_that_is_none(running: Demo) -> None:
    for name, said in (
        ("othre", "no service othre runs; did you mean other?"),
        ("hello", "no service hello runs"),
    ):
        done = running.devkit("restart", name, check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert running.devkit("restart", check=False).returncode == 2


def test_nothing_runs(stopped: Demo) -> None:
    done = stopped.devkit("restart", "other", "--engine", "local", check=False)
    assert (done.returncode, "nothing runs in this clone" in done.stderr) == (1, True), done.stderr
