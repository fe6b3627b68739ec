"""What cannot be started is told, and the fork server goes on: a program that is missing, an interpreter that has gone."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from devserve.starting import SPAWN_VARIABLE

from tests.support.forks import Forks
from tests.support.polling import PATIENCE
from tests.support.storage import free_port


@pytest.fixture(params=["0", "1"], ids=["fork", "spawn"])
def forks(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forks]:
    """A fork server; its interpreter is a link, `python`, in the test's folder."""
    (tmp_path / "python").symlink_to(os.path.realpath(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv(SPAWN_VARIABLE, request.param)
    made = Forks({"PATH": os.defpath})
    yield made
    made.close()


def start(**what: object) -> dict[str, object]:
    return {"do": "start", "name": "one", "env": {}, "cwd": "/", **what}


def test_a_program_that_is_missing(forks: Forks) -> None:
    said = forks.request(start(argv=["/no/such/program"]), 1)
    assert said == {"error": "/no/such/program: No such file or directory"}
    assert forks.request(start(argv=["/bin/true"], cwd="/no/such"), 1) == {
        "error": "/no/such: No such file or directory"
    }
    assert forks.request(start(argv=["/bin/true"]), 1)["pid"]


def test_a_task_ends_as_it_does(forks: Forks, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        "import sys\ndef work(code):\n    print('at work', flush=True)\n    sys.exit(code)\n"
    )
    task = start(task="one:work", path=[str(tmp_path)], arguments={"code": 7})
    with (tmp_path / "log").open("wb") as log:
        pid = forks.request(task, log.fileno())["pid"]
        ended: list[tuple[int, int]] = []
        while not ended:
            ended = forks.ended(waiting=True)
    assert ended == [(pid, 7)]
    assert (tmp_path / "log").read_text() == "at work\n"


def test_a_large_environment_arrives_whole(forks: Forks, tmp_path: Path) -> None:
    """Larger than what a socket holds on any system."""
    (tmp_path / "one.py").write_text(
        "import os\ndef work():\n    print(len(os.environ['MUCH']), flush=True)\n"
    )
    task = start(task="one:work", path=[str(tmp_path)], env={"MUCH": "x" * 3_000_000})
    with (tmp_path / "log").open("wb") as log:
        forks.request(task, log.fileno())
        while not forks.ended(waiting=True):
            pass
    assert (tmp_path / "log").read_text() == "3000000\n"


@pytest.mark.parametrize("forks", ["1"], indirect=True)
def test_an_interpreter_that_has_gone(forks: Forks, tmp_path: Path) -> None:
    """As when .venv is made anew under a platform that runs."""
    port = free_port()
    (tmp_path / "python").unlink()
    assert forks.request({"do": "listen", "ports": [port]}) == {}
    said = forks.request(start(app="one.main:app", debug_port=port), 1)
    assert said == {"error": f"{tmp_path / 'python'}: No such file or directory"}
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as debugger:
        debugger.settimeout(PATIENCE)
        assert debugger.recv(1) == b"", "it waits for an answer that nobody gives"
    assert forks.request(start(argv=["/bin/true"]), 1)["pid"]
