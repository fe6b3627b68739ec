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
        ("hello", "hello is in dev/services.yaml, but was not started\n    → ./devkit up hello"),
        ("frontend", "no service frontend runs"),
    ):
        done = running.devkit("restart", name, check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert running.devkit("restart", check=False).returncode == 2


def test_nothing_runs(stopped: Demo) -> None:
    done = stopped.devkit("restart", "other", "--engine", "local", check=False)
    assert (done.returncode, "nothing runs in this clone" in done.stderr) == (1, True), done.stderr


def test_several_and_a_group(stopped: Demo) -> None:
    stopped.up()
    before = {name: unit["pid"] for name, unit in stopped.statuses().items() if name != "db-migrate"}
    assert "devkit: postgres, redis, hello are up again" in stopped.devkit("restart", "hello", "infra").stderr
    after = {name: unit["pid"] for name, unit in stopped.statuses().items() if name != "db-migrate"}
    assert {name for name in before if before[name] != after[name]} == {"postgres", "redis", "hello"}
    assert stopped.get("hello")["says"] == "hello"
