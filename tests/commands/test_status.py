"""`devkit status`: for people, for programs, and as an exit code."""

from __future__ import annotations

import json

import psutil

from tests.support.demo import Demo, until


def test_the_table(running: Demo) -> None:
    head, row = running.devkit("status", "--engine", "local").stdout.splitlines()
    assert head.split() == ["service", "state", "port", "debug", "pid", "memory", "restarts", "ready", "in"]
    pid = running.get("other")["pid"]
    ports = [str(running.ports["other"]), str(running.ports["other_debug"])]
    assert row.split()[:5] == ["other", "ready", *ports, str(pid)]


def test_json(running: Demo) -> None:
    found = json.loads(running.devkit("status", "--json").stdout)
    assert (found["version"], found["engine"]) == (1, "local")
    [unit] = found["units"]
    assert (unit["name"], unit["kind"], unit["state"]) == ("other", "python", "ready")
    assert (unit["port"], unit["debug_port"]) == (running.ports["other"], running.ports["other_debug"])
    assert unit["ready_seconds"] > 0
    assert (
        unit["memory"] >= psutil.Process(unit["pid"]).memory_full_info().uss / 2
    )  # it may have given some back


def test_memory_counts_all_processes_of_a_service(running: Demo) -> None:
    """The child touches 200 MB, which nobody shares with it; people and programs are told the same."""
    source = running.source("other").read_text()
    child = "import sys; held = bytearray(b'x' * 200_000_000); print(flush=True); sys.stdin.read()"
    running.source("other").write_text(
        f"import subprocess, sys\n{source}\nchild = subprocess.Popen([sys.executable, '-c', {child!r}], "
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\nchild.stdout.readline()\n"
    )
    until(lambda: (running.statuses()["other"]["memory"] or 0) > 200_000_000, what="the child's memory")
    row = running.devkit("status", "--engine", "local").stdout.splitlines()[1]
    running.source("other").write_text(source)
    assert int(row.split()[row.split().index("MB") - 1]) > 200
    until(lambda: (running.statuses()["other"]["memory"] or 10**9) < 200_000_000, what="its end")
    until(lambda: running.devkit("status", check=False).returncode == 0, what="ready again")


def test_one_that_is_down_is_exit_1(running: Demo) -> None:
    running.edit("other", r"app = FastAPI\(\)", "app = FastAPI(")
    until(lambda: running.statuses()["other"]["state"] == "crashed", what="the crash")
    done = running.devkit("status", check=False)
    running.edit("other", r"app = FastAPI\(", "app = FastAPI()")
    assert (done.returncode, "crashed" in done.stdout) == (1, True)
    until(lambda: running.devkit("status", check=False).returncode == 0, what="the recovery")


def test_nothing_runs(stopped: Demo) -> None:
    done = stopped.devkit("status", "--engine", "local", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("devkit: nothing runs in this clone\n    → ")
    done = stopped.devkit("status", "--json", check=False)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"version": 1, "engine": None, "units": []})


def test_wrong_words(stopped: Demo) -> None:
    for words, said in ((("--engine", "docker"), "engines: local, tilt"), (("-x",), "No such option")):
        done = stopped.devkit("status", *words, check=False)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
