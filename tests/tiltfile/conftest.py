"""A folder with what a Tiltfile's evaluation reads, so that nothing of the clone is touched."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.platform import ROOT
from tests.support.tilt import Tilt, default_environment

_READ = ("Tiltfile", "dev/services.yaml", "docker", "k8s/dev")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The repository as after a clone: no secret.yaml, no overrides."""
    return _cloned(tmp_path)


def _cloned(root: Path) -> Path:
    for name in _READ:
        source, target = Path(ROOT) / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("secret.yaml"))
        else:
            shutil.copy(source, target)
    (root / "tilt_config.json").write_text("{}\n")
    launcher = root / "devkit"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -E -s "{ROOT}/tools" "$@"\n')
    launcher.chmod(0o755)
    return root


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """A cluster on this machine, allowed by name: nothing is asked of it."""
    return _kubeconfig(tmp_path)


def _kubeconfig(root: Path) -> Path:
    path = root / "kubeconfig"
    name = "rancher-desktop"
    document = {
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:6443"}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(document))
    return path


Evaluate = Callable[..., Tilt]


@pytest.fixture
def evaluate(folder: Path, kubeconfig: Path) -> Evaluate:
    """Evaluates the Tiltfile in `folder`: `config` becomes tilt_config.json, `arguments` what follows `tilt up`."""
    return _evaluation(folder, kubeconfig)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Tilt:
    """What `tilt up` is told right after the clone, for tests that only read it."""
    root = tmp_path_factory.mktemp("plain")
    return _evaluation(_cloned(root), _kubeconfig(root))()


def _evaluation(folder: Path, kubeconfig: Path) -> Evaluate:
    def call(
        config: dict[str, Any] | str | None = None,
        arguments: dict[str, Any] | None = None,
        *,
        subcommand: str = "up",
        context: str = "rancher-desktop",
        allow: str = "rancher-desktop",
    ) -> Tilt:
        if config is not None:
            text = config if isinstance(config, str) else json.dumps(config)
            (folder / "tilt_config.json").write_text(text)
        environment = default_environment(folder, KUBECONFIG=str(kubeconfig), DEVKIT_ALLOW_CONTEXT=allow)
        tilt = Tilt(
            folder,
            environment=environment,
            context=context,
            subcommand=subcommand,
            settings_given=arguments or {},
        )
        return tilt.evaluate()

    return call


def forwards(tilt: Tilt, name: str) -> list[tuple[int, int]]:
    """A resource's ports, here and in the pod."""
    return [(one["local"], one["remote"]) for one in tilt.resources[name]["forwards"]]


def container(tilt: Tilt, name: str) -> dict[str, Any]:
    """The container of a Deployment."""
    found = next(o for o in tilt.objects if o["kind"] == "Deployment" and o["metadata"]["name"] == name)
    only: dict[str, Any] = found["spec"]["template"]["spec"]["containers"][0]
    return only


def variables(tilt: Tilt, name: str) -> dict[str, str | None]:
    """A container's own variables; None for one that comes from the Secret."""
    maps = {o["metadata"]["name"]: o.get("data", {}) for o in tilt.objects if o["kind"] == "ConfigMap"}
    found = {}
    for one in container(tilt, name)["env"]:
        key = one.get("valueFrom", {}).get("configMapKeyRef")
        found[one["name"]] = maps[key["name"]][key["key"]] if key else one.get("value")
    return found
