"""The same Tiltfile through Tilt itself, where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.polling import PATIENCE
from tests.support.tilt import default_environment
from tests.tiltfile.conftest import Evaluate

pytestmark = pytest.mark.skipif(shutil.which("tilt") is None, reason="no `tilt` on PATH")


def real(folder: Path, kubeconfig: Path, *arguments: str, allow: str = "rancher-desktop") -> tuple[int, Any]:
    """`tilt alpha tiltfile-result`: its exit code and its JSON, or what it wrote."""
    environment = default_environment(folder, KUBECONFIG=str(kubeconfig), DEVKIT_ALLOW_CONTEXT=allow)
    done = subprocess.run(
        ["tilt", "alpha", "tiltfile-result", *(["--", *arguments] if arguments else [])],
        cwd=folder, env=environment | {"TILT_DISABLE_ANALYTICS": "1"}, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stdout + done.stderr


def names(result: Any) -> set[str]:
    return {one["Name"] for one in result["Manifests"]} - {"uncategorized"}


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        ({}, ()),
        ({"off": ["order-service"]}, ()),
        ({"debug": False, "port_offset": "100", "resource_scale": "0.5"}, ()),
        ({}, ("redis",)),
        ({"services": ["infra"]}, ("--kubeview=false", "gateway")),
    ],
)
def test_tilt_and_the_recorder_agree(
    folder: Path, kubeconfig: Path, evaluate: Evaluate, config: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    (folder / "tilt_config.json").write_text(json.dumps(config))
    code, result = real(folder, kubeconfig, *arguments)
    assert code == 0, result
    given: dict[str, Any] = {}
    for argument in arguments:
        if argument.startswith("--"):
            given[argument[2:].partition("=")[0]] = argument.endswith("true")
        else:
            given.setdefault("services", []).append(argument)
    recorded = evaluate(config, given)
    assert names(result) == {*recorded.resources, *recorded.local_resources}
    by_name = {one["Name"]: one for one in result["Manifests"]}
    for name, one in recorded.resources.items():
        assert set(by_name[name]["ResourceDependencies"] or ()) == set(one["deps"]), name


def test_tilt_shows_what_is_wrong_with_the_settings(folder: Path, kubeconfig: Path) -> None:
    (folder / "tilt_config.json").write_text('{"debgu": true}')
    code, said = real(folder, kubeconfig)
    assert code == 5
    assert "did you mean `debug`?" in said


def test_tilt_stops_at_a_foreign_cluster(folder: Path, kubeconfig: Path) -> None:
    code, said = real(folder, kubeconfig, allow="")
    assert code == 5
    assert "DEVKIT_ALLOW_CONTEXT" in said
