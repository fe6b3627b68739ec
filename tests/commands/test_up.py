"""`devkit up` as one types it: what it says, and what it refuses before anything starts. More in tests/engines."""

from __future__ import annotations

import json
import os

import pytest
from devkit.engines.ports import free_offset

from tests.support.demo import Demo, until


def test_what_runs_already_is_said(running: Demo) -> None:
    before = running.run_state()["pid"], running.get("other")["pid"]
    for words in (("other",), ("-d", "other"), ("other", "--port-offset", "0")):
        assert "devkit: other runs already" in running.devkit("up", *words).stderr
    assert (running.run_state()["pid"], running.get("other")["pid"]) == before


def test_what_does_not_run_is_added(stopped: Demo) -> None:
    stopped.up("other")
    before = stopped.get("other")["pid"]
    added = stopped.devkit("up", "redis").stderr
    assert f"redis: ready on {stopped.ports['redis']}" in added
    assert "other" not in added
    assert list(stopped.statuses()) == ["redis", "other"]
    assert stopped.devkit("up", "othre", check=False).returncode == 2
    assert "everything is up" in stopped.devkit("up").stdout
    assert list(stopped.statuses()) == ["postgres", "db-migrate", "redis", "hello", "other"]
    assert stopped.get("other")["pid"] == before
    stopped.edit("hello", r'"version": \d+', '"version": 2')
    until(lambda: stopped.get("hello")["version"] == 2, what="the reload of an added service")
    done = stopped.devkit("up")
    assert "devkit: everything runs already" in done.stderr
    assert "everything is up" in done.stdout


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (("--port-offset", "7"), "./devkit down, then ./devkit up --port-offset 7"),
        (("--database-url", "postgresql://u@h/x"), "./devkit down, then ./devkit up --database-url URL"),
        (("--seed",), "./devkit db seed"),
    ],
)
def test_what_counts_at_a_start_is_refused_while_it_runs(
    running: Demo, words: tuple[str, ...], fix: str
) -> None:
    done = running.devkit("up", *words, check=False)
    assert done.returncode == 1
    assert f"already runs in this clone (pid {running.run_state()['pid']}); {words[0]} " in done.stderr
    assert fix in done.stderr
    assert list(running.statuses()) == ["other"]


def test_a_group(stopped: Demo) -> None:
    stopped.up("infra")
    assert list(stopped.statuses()) == ["postgres", "db-migrate", "redis"]


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


def test_the_settings_move_the_ports(stopped: Demo) -> None:
    """`port_offset` in tilt_config.json counts on either engine, and what the command line says before it."""
    offset = free_offset(stopped.ports.values(), 0)
    (stopped.root / "tilt_config.json").write_text(json.dumps({"port_offset": str(offset)}))
    line = f"devkit: ports moved up by {offset} (tilt_config.json)\n"
    done = stopped.devkit("up", "--engine", "local", "--detach", "other")
    assert line in done.stderr
    assert stopped.get("other", offset)["says"] == "hello"
    assert stopped.run_state()["offset"] == offset
    stopped.devkit("down")
    done = stopped.devkit("up", "--engine", "local", "--detach", "--port-offset", "0", "other")
    assert "moved" not in done.stderr
    assert stopped.get("other")["says"] == "hello"


@pytest.mark.parametrize(
    "settings",
    [
        '{"port_offset": 100}',
        '{"port_offset": "far"}',
        '{"port_ofset": "100", "off": ["nobody"]}',
        "[1]",
        "{",
    ],
)
def test_mistakes_in_the_settings_are_told_as_on_the_other_engine(stopped: Demo, settings: str) -> None:
    (stopped.root / "tilt_config.json").write_text(settings)
    local, tilt = (
        stopped.devkit("up", "--detach", "--engine", engine, check=False) for engine in ("local", "tilt")
    )
    assert (local.returncode, tilt.returncode) == (2, 2)
    assert "tilt_config.json has " in local.stderr
    assert tilt.stderr in local.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be called as by sudo")
def test_with_sudo_in_a_clone_of_somebody_else(stopped: Demo) -> None:
    """What root would write there, its owner could not use afterwards. Root's own clone is root's, sudo or not."""
    owner = stopped.root.stat()
    os.chown(stopped.root, 65534, 65534)
    try:
        done = stopped.devkit("up", "--detach", check=False, SUDO_UID="65534")
    finally:
        os.chown(stopped.root, owner.st_uid, owner.st_gid)
    assert (done.returncode, "without sudo" in done.stderr) == (2, True), done.stderr
    assert "this clone belongs to" in done.stderr
    stopped.devkit("up", "--detach", SUDO_UID="1000")
    stopped.devkit("down")
