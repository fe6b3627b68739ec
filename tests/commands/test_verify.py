"""`devkit verify` as one types it; what its checks see: tests/verify."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.demo import Demo, demo
from tests.verify.scene import add_health, verify


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--read-only", "--only", "order"), "--read-only leaves out order"),
        (("--list", "--read-only", "--only", "order"), "--read-only leaves out order"),
        (("--only", "sync", "--skip", "sync"), "--skip leaves out everything"),
    ],
)
def test_nothing_to_check_is_an_error(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[0]) == ("", f"devkit: nothing to check: {why}")


def test_ports_are_those_of_this_machine(tmp_path: Path) -> None:
    with demo(tmp_path) as moved:
        add_health(moved)
        moved.up("--port-offset", "1000", "other")
        found = verify(moved, "--only", "forwards.other")
    about = {name: check["about"].partition(":")[0] for name, check in found.items()}
    assert about == {
        "forwards.other": f"port {moved.ports['other'] + 1000}",
        "forwards.other.debug": f"port {moved.ports['other_debug'] + 1000}",
    }


def test_the_list(stopped: Demo) -> None:
    every = stopped.devkit("verify", "--list").stdout
    assert {"forwards.other", "sync.other", "restart.hello"} <= {
        line.split()[0] for line in every.splitlines()
    }
    looking = stopped.devkit("verify", "--list", "--read-only").stdout
    assert "forwards.other" in looking
    assert "sync.other" not in looking


def test_reports_and_exit_codes(running: Demo) -> None:
    well = running.devkit("verify", "--only", "forwards.other.debug", "--json")
    assert [check["id"] for check in json.loads(well.stdout)["checks"]] == ["forwards.other.debug"]
    # It has no /health/live.
    failing = running.devkit("verify", "--only", "forwards.other", "--json", check=False)
    results = {check["id"]: check["result"] for check in json.loads(failing.stdout)["checks"]}
    assert (failing.returncode, results["forwards.other"]) == (1, "failed")
    two = running.devkit("verify", "--json", "--sarif", check=False)
    assert (two.returncode, two.stdout) == (2, "")


def test_nothing_runs(stopped: Demo) -> None:
    done = stopped.devkit("verify", "--engine", "local", check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "devkit: nothing runs in this clone")
    assert stopped.devkit("verify", "--engine", "compose", check=False).returncode == 2
