"""The whole platform in a namespace of its own on a local cluster: built, applied and migrated as Tilt would do it."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.namespace import delete_namespace
from devkit.cluster.wait import wait_for_rollout

from tests.support.images import build, docker, needs_images
from tests.support.platform import ROOT
from tests.support.served import tarball

__all__ = ["SETTINGS", "Deployed", "build_and_load", "deployed", "kubectl", "load", "made_clone"]

_COPIED = (
    "apps",
    "libs",
    "dev",
    "migrations",
    "docker",
    "k8s",
    "requirements",
    ".dockerignore",
    ".vscode",
)
_LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", "dist", "secret.yaml")
# Every pod's first start, on a busy machine.
_ROLLOUT = 240.0
# Small requests: the node may have other things to do. No KubeView: its image comes from a registry.
SETTINGS: dict[str, Any] = {"kubeview": False, "resource_scale": "0.2"}


def kubectl(*arguments: str, data: str | None = None, check: bool = True) -> str:
    """Runs kubectl. Fails with what it wrote."""
    done = subprocess.run(["kubectl", *arguments], input=data, capture_output=True, text=True, timeout=300)
    assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr[-3000:]}"
    return done.stdout if done.returncode == 0 else done.stderr


@dataclass(frozen=True)
class Deployed:
    """A clone in `root` whose platform runs in `namespace`."""

    root: Path
    namespace: str
    cluster: Cluster

    def devkit(
        self, *arguments: str, seconds: float = 240, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs a devkit command in the clone."""
        done = subprocess.run(
            [sys.executable, "-E", "-s", str(ROOT / "tools"), *arguments],
            cwd=self.root, env={**os.environ, "DEVKIT_ROOT": str(self.root), "NO_COLOR": "1"},
            capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        wrote = f"devkit {' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}"
        assert not check or done.returncode == 0, wrote[-6000:]
        return done

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The clone's secrets."""
        found: dict[str, str] = yaml.safe_load((self.root / "k8s/dev/secret.yaml").read_text())["stringData"]
        return found

    def sync(self, service: str, files: Mapping[str, str]) -> None:
        """Replaces files in a service's container as Tilt does: a tar archive unpacked by the container's own user."""
        script = (
            "import base64, subprocess, sys;"
            "subprocess.run(['tar', '-x', '-C', '/', '-f', '-'], input=base64.b64decode(sys.argv[1]), check=True)"
        )
        archive = base64.b64encode(tarball({path.lstrip("/"): text for path, text in files.items()})).decode()
        done = execute(self.cluster, self.namespace, service, "python3", "-c", script, archive)
        assert done.code == 0, done.stderr

    def plan(self, **more: Any) -> dict[str, Any]:
        """What the Tiltfile would read, with these settings too."""
        found: dict[str, Any] = json.loads(
            self.devkit("plan", "--overrides", json.dumps(SETTINGS | more)).stdout
        )
        return found

    def apply(self, plan: dict[str, Any], names: set[str] | None = None) -> list[str]:
        """Applies the plan's resources (those named, or all), with the images that were built. Returns their names."""
        parts = [part for part in plan["resources"] if names is None or part["name"] in names]
        text = "\n---\n".join(self._manifest(part) for part in parts)
        kubectl("apply", "-f", "-", data=text)
        return [part["name"] for part in parts]

    def _manifest(self, part: dict[str, Any]) -> str:
        text = part.get("yaml") or (self.root / part["path"]).read_text()
        if "build" in part:
            text = re.sub(
                rf"image: {re.escape(part['image'])}$", f"image: {_tag(part)}", text, flags=re.MULTILINE
            )
        return str(text)

    def wait(self, names: list[str]) -> None:
        """Until all of them are rolled out."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: wait_for_rollout(self.cluster, self.namespace, name, _ROLLOUT), names))


def _tag(part: dict[str, Any]) -> str:
    return f"{part['image']}:devkit-test"


def made_clone(root: Path) -> str:
    """A copy of the sources in `root` whose platform belongs into a namespace of its own. Returns the namespace."""
    # Short: a mesh puts the namespace into each service's name twice, and names end at 63 letters.
    namespace = f"devkit-test-{secrets.token_hex(2)}"
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=_LEFT_OUT)
        else:
            shutil.copy(source, root / name)
    table = root / "dev" / "services.yaml"
    table.write_text(table.read_text().replace("forma3d-dev", namespace))
    (root / "tilt_config.json").write_text(json.dumps(SETTINGS))
    return namespace


@contextmanager
def deployed(cluster: Cluster, root: Path) -> Iterator[Deployed]:
    """Everything up and migrated; the namespace is deleted at the end."""
    needs_images()
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl")
    platform = Deployed(root, made_clone(root), cluster)
    platform.devkit("generate")
    platform.devkit("secrets", "init")
    plan = platform.plan()
    build_and_load(plan["resources"])
    try:
        for manifest in plan["manifests"]:
            kubectl("apply", "-f", str(root / manifest["path"]))
        kubectl("apply", "-f", str(root / plan["secret"]["path"]))
        infra = [part["name"] for part in plan["resources"] if part["label"] == "infra"]
        names = platform.apply(plan)
        platform.wait(infra)
        platform.devkit("db", "migrate", "--engine", "tilt")
        platform.wait(names)
        yield platform
    finally:
        delete_namespace(cluster, platform.namespace, 180)


def build_and_load(resources: Sequence[dict[str, Any]]) -> list[str]:
    """Builds what Tilt would build, and hands it to the node where that has another image store than Docker.

    Returns the images' names.
    """
    tags = []
    for part in resources:
        if "build" in part:
            given = part["build"]
            arguments = [
                option
                for name, value in given["args"].items()
                for option in ("--build-arg", f"{name}={value}")
            ]
            build(
                Path(given["dockerfile"]).name, "--target", given["target"], "--tag", _tag(part), *arguments
            )
            tags.append(_tag(part))
    load([*tags, "python:3.11-slim-bookworm"])
    return tags


def load(tags: Sequence[str]) -> None:
    """Hands images to the cluster's node where that has another image store than Docker."""
    context = kubectl("config", "current-context").strip()
    if loader := os.environ.get("DEVKIT_TEST_LOAD"):
        subprocess.run([*shlex.split(loader), *tags], check=True, timeout=300)
    elif context.startswith("kind-"):
        command = ["kind", "load", "docker-image", "--name", context.removeprefix("kind-"), *tags]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    else:  # Rancher Desktop and Docker Desktop run pods from the Docker that built them
        docker("image", "inspect", *tags)
