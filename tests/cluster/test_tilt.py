"""Tilt itself, where it is installed: `tilt ci` brings everything up, `down` keeps the data, `up --detach` finds it again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import delete_namespace
from devkit.cluster.pods import list_pods

from tests.support.deployed import SETTINGS, Deployed, kubectl, made_clone
from tests.support.platform import ROOT
from tests.support.storage import free_port

pytestmark = [
    pytest.mark.images,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("tilt") is None, reason="no `tilt` on PATH"),
]


@pytest.fixture
def clone(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """A clone that nobody has set up; Tilt on a port of its own."""
    platform = Deployed(tmp_path, made_clone(tmp_path), cluster)
    shutil.copy(ROOT / "Tiltfile", tmp_path)
    (tmp_path / "tools").mkdir()
    shutil.copytree(ROOT / "tools" / "devserve", tmp_path / "tools" / "devserve")
    settings = SETTINGS | {"port_offset": str(free_port() // 2), "off": ["shipping-service"]}
    (tmp_path / "tilt_config.json").write_text(json.dumps(settings))
    launcher = tmp_path / "devkit"
    launcher.write_text(f'#!/bin/sh\nexec "{ROOT}/.venv/bin/python" -E -s "{ROOT}/tools" "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setenv("TILT_PORT", str(free_port()))
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    try:
        yield platform
    finally:
        platform.devkit("down", "--engine", "tilt", check=False)
        delete_namespace(cluster, platform.namespace, 180)


def test_from_nothing_to_everything_and_back(clone: Deployed) -> None:
    done = subprocess.run(
        ["tilt", "ci", "--timeout", "8m"],
        cwd=clone.root,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    pods = list_pods(clone.cluster, clone.namespace)
    assert {pod.app for pod in pods if pod.ready} >= {"gateway", "web", "postgres", "redis", "provider-sim"}
    clone.devkit("down", "--engine", "tilt")
    assert "postgres-data" in kubectl("-n", clone.namespace, "get", "pvc", "-o", "name")
    said = clone.devkit("up", "--detach", seconds=600)
    assert "engine tilt" in said.stderr
    assert "everything is up" in said.stdout
    status = json.loads(clone.devkit("status", "--json").stdout)
    states = {unit["name"]: unit["state"] for unit in status["units"]}
    assert set(states.values()) <= {"ready", "done", "off"}
    assert (states["switched-off"], states["db-migrate"]) == ("ready", "done")
    assert states["shipping-service"] == "off"
