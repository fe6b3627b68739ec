"""A mistake in dev/services.yaml stops nothing that can do without the table."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devkit.cli import main

from tests.support.demo import Demo, demo

MISTAKE = "\nservices: [\n"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("other")
        yield made


@contextmanager
def broken_table(platform: Demo) -> Iterator[None]:
    table = platform.root / "dev" / "services.yaml"
    text = table.read_text()
    table.write_text(text + MISTAKE)
    try:
        yield
    finally:
        table.write_text(text)


def test_the_logs_of_what_runs(platform: Demo) -> None:
    platform.get("other")
    with broken_table(platform):
        every = platform.devkit("logs")
        one = platform.devkit("logs", "other")
        unknown = platform.devkit("logs", "othre", check=False)
    assert "other  | " in every.stdout
    assert {line.partition(" ")[0] for line in one.stdout.splitlines()} == {"other"}
    for done in (every, one):
        assert done.stderr.startswith("devkit: note: "), done.stderr
        assert "dev/services.yaml:" in done.stderr
    assert unknown.returncode == 2
    assert "no service othre; did you mean other?" in unknown.stderr


def test_what_runs_is_seen_restarted_and_stopped_and_leaves_its_logs(platform: Demo) -> None:
    with broken_table(platform):
        assert platform.statuses()["other"]["state"] == "ready"
        platform.devkit("restart", "other")
        platform.devkit("down")
        assert "other  | " in platform.devkit("logs", "other").stdout
    platform.up("other")


def test_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_broken(tmp_path, monkeypatch)
    for words, code, said in (
        (["down"], 0, "nothing ran in this clone"),
        (["status"], 1, "nothing runs in this clone"),
        (["reset", "--yes"], 0, "there was no data"),
        (["logs"], 1, "there are no logs"),
        (["logs", "gateway"], 1, "there are no logs"),
        (["restart", "gateway"], 1, "nothing runs in this clone"),
    ):  # fmt: skip
        assert main(words) == code, words
        err = capsys.readouterr().err
        assert said in err, words
        assert err.count("note: ") == 1, "the mistake is told once"
        assert f"{tmp_path}/dev/services.yaml:3:1: " in err, words
        assert " has 1 error" not in err, words
    assert main(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["units"] == []


def test_a_tilt_that_runs_this_clone_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it runs is in a namespace that only the table names: nothing local is deleted in its place."""
    write_broken(tmp_path, monkeypatch)
    program = tmp_path / "bin" / "tilt"
    program.parent.mkdir()
    answer = json.dumps({"spec": {"path": str(tmp_path / "Tiltfile")}})
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.defpath}")
    data = tmp_path / ".devkit" / "postgres"
    data.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as page:
        monkeypatch.setenv("TILT_PORT", str(page.getsockname()[1]))
        assert main(["reset", "--yes"]) == 2
    assert "dev/services.yaml has 1 error" in capsys.readouterr().err
    assert data.exists()


def write_broken(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "dev").mkdir()
    (clone / "dev" / "services.yaml").write_text(f"version: 1{MISTAKE}")
    monkeypatch.setenv("DEVKIT_ROOT", str(clone))
