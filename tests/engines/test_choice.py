"""Which engine `up` takes, and what it says of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from devkit.base.errors import DevkitError
from devkit.cli import main
from devkit.engines.choice import active_engine, choose, named_engine
from devkit.engines.tilt.program import Resource, resources
from devkit.engines.tilt.session import held

from tests.support.platform import ROOT
from tests.support.storage import free_port


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone on a machine without Tilt and without a cluster."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "dev" / "services.yaml").write_bytes((ROOT / "dev" / "services.yaml").read_bytes())
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.defpath}")
    for name in ("KUBECONFIG", "DEVKIT_ALLOW_CONTEXT", "TILT_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def install_tilt(clone: Path) -> None:
    program = clone / "bin" / "tilt"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)


def point_at(clone: Path, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    config = {
        "current-context": "rancher-desktop",
        "contexts": [{"name": "rancher-desktop", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": {"token": "none"}}],
    }
    (clone / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(clone / "kubeconfig"))


def test_without_tilt(clone: Path) -> None:
    assert (choose(clone).entry.name, choose(clone).reason) == ("local", "tilt is not installed")


def test_tilt_but_no_cluster(clone: Path) -> None:
    install_tilt(clone)
    assert choose(clone).entry.name == "local"
    assert "no local cluster" in choose(clone).reason


def test_tilt_and_a_foreign_cluster(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_tilt(clone)
    point_at(clone, monkeypatch, "https://203.0.113.7:6443")
    assert choose(clone).entry.name == "local"
    assert "rancher-desktop is not provably on this machine" in choose(clone).reason


def test_tilt_and_a_cluster_that_does_not_answer(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_tilt(clone)
    point_at(clone, monkeypatch, f"https://127.0.0.1:{free_port()}")
    monkeypatch.setenv("DEVKIT_ALLOW_CONTEXT", "rancher-desktop")
    assert choose(clone).entry.name == "local"
    assert "no local cluster answers" in choose(clone).reason
    assert active_engine(clone).name == "local"


def test_an_engine_by_name(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {named_engine(clone, name).name for name in ("local", "tilt")} == {"local", "tilt"}
    with pytest.raises(DevkitError, match="no engine 'docker'"):
        named_engine(clone, "docker")
    assert main(["up", "--engine", "docker"]) == 2
    assert "engines: local, tilt" in capsys.readouterr().err


def test_up_on_tilt_without_tilt(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_at(clone, monkeypatch, "https://127.0.0.1:6443")
    monkeypatch.setenv("DEVKIT_ALLOW_CONTEXT", "rancher-desktop")
    assert main(["up", "--engine", "tilt"]) == 3
    said = capsys.readouterr().err
    assert "tilt is not installed" in said
    assert "--engine local" in said


@pytest.mark.parametrize("command", ["up", "down", "status", "reset"])
def test_a_foreign_cluster_is_never_touched(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    install_tilt(clone)
    point_at(clone, monkeypatch, "https://203.0.113.7:6443")
    more = ["--yes"] if command == "reset" else []
    assert main([command, "--engine", "tilt", *more]) == 5
    assert "not provably" in capsys.readouterr().err


def resource(name: str, update: str, runtime: str = "not_applicable", **more: object) -> Resource:
    given = {"enabled": True, "by_hand": False, "problem": ""} | more
    return Resource(name, update, runtime, **given)  # type: ignore[arg-type]


def test_resources_come_in_the_tiltfiles_order(clone: Path) -> None:
    listed = [("db-seed", 12), ("web", 10), ("(Tiltfile)", 1), ("gateway", 4)]
    items = [{"metadata": {"name": name}, "status": {"order": order}} for name, order in listed]
    program = clone / "bin" / "tilt"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({'items': items})}\nEND\n")
    program.chmod(0o755)
    assert [one.name for one in resources()] == ["(Tiltfile)", "gateway", "web", "db-seed"]


def test_what_settled_means() -> None:
    assert resource("a", "ok", "ok").settled
    assert resource("a", "error").settled
    assert resource("a", "none", by_hand=True).settled
    assert resource("a", "pending", enabled=False).settled
    assert not resource("a", "ok", "pending").settled
    assert not resource("a", "in_progress").settled


def test_what_waits_for_a_failure_is_not_waited_for() -> None:
    migrate = resource("db-migrate", "error")
    gateway = resource("gateway", "pending", "pending", waits_for=("db-migrate",))
    web = resource("web", "pending", "pending", waits_for=("gateway",))
    redis = resource("redis", "ok", "ok")
    assert held([migrate, gateway, web, redis]) == {"db-migrate", "gateway", "web"}
