"""Docker: building the project's images as `docker build` does, and containers that end with their test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from devkit.render.build_secrets import build_secrets

from tests.support.demo import until
from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

__all__ = ["Container", "build", "container", "docker", "image", "needs_image", "needs_images"]

_TAG = "devkit-test"


def docker(
    *arguments: str, data: bytes | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """Runs a docker command. Fails with its last lines."""
    done = subprocess.run(["docker", *arguments], input=data, capture_output=True, timeout=200)
    assert not check or done.returncode == 0, f"docker {arguments[0]}: {done.stderr.decode()[-3000:]}"
    return done


def needs_images() -> None:
    """Skips, by name, what is missing here: Docker, BuildKit, a base image."""
    if shutil.which("docker") is None or docker("version", check=False).returncode:
        pytest.skip("needs a running Docker")
    if _builder() is None:
        pytest.skip("needs a docker client that builds with BuildKit: the buildx plugin, or one before 23")
    for base in sorted({*_bases(), "redis:7-alpine"}):
        needs_image(base)


def needs_image(name: str) -> None:
    """Skips where an image is neither here nor to be pulled."""
    known = docker("image", "inspect", name, check=False).returncode == 0
    if not known and docker("pull", "--quiet", name, check=False).returncode:
        pytest.skip(f"needs the image {name}")


@cache
def _builder() -> tuple[str, ...] | None:
    """A command that builds with BuildKit: newer clients need a plugin for it, older ones have it built in."""
    for folder in os.get_exec_path():
        client = Path(folder) / "docker"
        if not os.access(client, os.X_OK):
            continue
        if subprocess.run([client, "buildx", "version"], capture_output=True).returncode == 0:
            return str(client), "buildx", "build", "--load"
        said = subprocess.run([client, "--version"], capture_output=True, text=True).stdout
        if (version := re.search(r"version (\d+)", said)) and int(version[1]) < 23:
            return str(client), "build"
    return None


def _bases() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "docker").glob("*.Dockerfile"))
    stages = set(re.findall(r" AS (\w+)", text))
    return set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) - stages


def build(
    dockerfile: str, *arguments: str, context: Path = ROOT, secrets: Sequence[str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Builds from a Dockerfile under docker/, or `-` for one that copies the whole context."""
    builder = _builder()
    assert builder is not None
    handed = build_secrets(os.environ, Path.home()) if secrets is None else secrets
    options = [option for secret in handed for option in ("--secret", secret)]
    file = dockerfile if dockerfile == "-" else str(ROOT / "docker" / dockerfile)
    done = subprocess.run(
        [*builder, "--progress=plain", "-f", file, *options, *arguments, str(context)],
        env=os.environ | {"DOCKER_BUILDKIT": "1"}, capture_output=True, timeout=600,
        input=b"FROM scratch\nCOPY . /\n" if dockerfile == "-" else None,
    )  # fmt: skip
    assert done.returncode == 0, f"{dockerfile} {arguments}:\n{(done.stdout + done.stderr).decode()[-4000:]}"
    return done


def image(service: str, target: str, context: Path = ROOT) -> str:
    """Builds (or finds built) a service's image. Returns its id."""
    dockerfile = "web.Dockerfile" if service == "web" else "service.Dockerfile"
    tag = f"{_TAG}-{service}:{target}"
    build(dockerfile, "--target", target, "--build-arg", f"SERVICE={service}", "--tag", tag, context=context)
    return str(inspected("image", tag)["Id"])


def inspected(kind: str, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(docker(kind, "inspect", name).stdout)
    return found[0]


@dataclass(frozen=True)
class Container:
    """A running container, its port published on loopback."""

    name: str
    port: int

    @property
    def url(self) -> str:
        mapped = docker("port", self.name, str(self.port)).stdout.decode().split()[0]
        return f"http://{mapped}"

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=PATIENCE)

    def answers(self, path: str) -> httpx.Response:
        """Waits for 200."""

        def ask() -> httpx.Response | None:
            answer = self.get(path)
            return answer if answer.status_code == 200 else None

        try:
            return until(lambda: ask() or False, 40, f"200 on {path}")  # type: ignore[return-value]
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.log()[-3000:]}") from None

    def run(self, *command: str, data: bytes | None = None) -> str:
        """Runs a command inside, as the container's own user."""
        return docker("exec", "-i", self.name, *command, data=data).stdout.decode()

    def log(self) -> str:
        done = docker("logs", self.name)
        return (done.stdout + done.stderr).decode()

    def stop(self) -> int:
        """Stops it as an orchestrator does, with 30 s of grace. Returns the exit code: 137 when that was not enough."""
        docker("stop", "--time", "30", self.name)
        return int(inspected("container", self.name)["State"]["ExitCode"])


@contextmanager
def container(image_id: str, port: int, environment: Mapping[str, str], *options: str) -> Iterator[Container]:
    """A container of an image, removed at the end. `options` are docker run's."""
    name = f"{_TAG}-{uuid.uuid4().hex[:12]}"
    variables = [option for key in environment for option in ("--env", f"{key}={environment[key]}")]
    published = f"127.0.0.1::{port}"
    docker("run", "--detach", "--name", name, "--publish", published, *options, *variables, image_id)
    try:
        yield Container(name, port)
    finally:
        docker("rm", "--force", "--volumes", name, check=False)
