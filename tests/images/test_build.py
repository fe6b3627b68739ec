"""How images are built: what may enter, what must not stay, and what one change rebuilds."""

from __future__ import annotations

import os
import shutil
import tarfile
import uuid
from pathlib import Path

import pytest
from devkit.render.build_secrets import build_secrets

from tests.support.images import build, docker, image, inspected
from tests.support.platform import ROOT

pytestmark = pytest.mark.images

KEPT = (
    "requirements/services.txt", "tools/devserve/server.py", "libs/common/logs.py", "migrations/versions/1.py",
    "apps/gateway/src/gateway/main.py", "apps/web/index.html", "apps/web/package.json", "apps/web/package-lock.json",
    "apps/web/.npmrc", "apps/web/src/main.tsx", "apps/web/public/x.svg", "apps/web/tsconfig.json",
    "apps/web/vite.config.ts", "docker/serve.py", "docker/web.nginx.conf", "docker/web.sh",
)  # fmt: skip
REFUSED = (
    ".git/config", ".env", ".venv/bin/python", ".devkit/postgres/x", ".vscode/launch.json", "k8s/dev/secret.yaml",
    "docs/x.md", "dev/services.yaml", "tests/x.py", "tools/devkit/cli.py", "apps/gateway/.env", "apps/gateway/src/.env",
    "apps/gateway/src/gateway/.env.local", "apps/gateway/src/gateway/__pycache__/main.pyc", "apps/web/dist/x.js",
    "apps/web/node_modules/x/index.js", "apps/web/src/node_modules/y.js", "apps/web/coverage/x", "libs/secret.yaml",
    "libs/common/run.log", "libs/.DS_Store", "requirements/services.in", "id_rsa",
)  # fmt: skip


def test_only_what_is_named_enters_a_build(tmp_path: Path) -> None:
    context, result = tmp_path / "context", tmp_path / "result.tar"
    for name in (*KEPT, *REFUSED):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text("x")
    shutil.copy(ROOT / ".dockerignore", context)
    build("-", "--output", f"type=tar,dest={result}", context=context, secrets=[])
    with tarfile.open(result) as entered:
        names = {entry.name for entry in entered if entry.isfile()}
    assert names == set(KEPT)


@pytest.mark.parametrize(
    ("dockerfile", "identifier"), [("service.Dockerfile", "pipconf"), ("web.Dockerfile", "npmrc")]
)
def test_build_secrets_do_not_stay(tmp_path: Path, dockerfile: str, identifier: str) -> None:
    marker = f"stays-nowhere-{uuid.uuid4().hex}"
    given = dict(
        secret.removeprefix("id=").split(",src=") for secret in build_secrets(os.environ, Path.home())
    )
    bundles = [given.get("ca", ""), "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"]
    bundle = next((Path(each) for each in bundles if each and Path(each).is_file()), None)
    if bundle is None:
        pytest.skip("needs a CA bundle of this machine")
    for name, source in (("ca", bundle), (identifier, given.get(identifier))):
        own = Path(source).read_text() if source else ""
        (tmp_path / name).write_text(f"# {marker}\n{own}")
    secrets = [f"id={name},src={tmp_path / name}" for name in ("ca", identifier)]
    tag = f"devkit-test-secrets:{identifier}"
    build(dockerfile, "--no-cache", "--target", "packages", "--build-arg", "SERVICE=web" if identifier == "npmrc" else
          "SERVICE=gateway", "--tag", tag, secrets=secrets)  # fmt: skip
    try:
        history = docker("history", "--no-trunc", tag).stdout.decode()
        docker("save", "--output", str(tmp_path / "image.tar"), tag)
    finally:
        docker("image", "rm", tag, check=False)
    assert marker not in history
    assert marker.encode() not in (tmp_path / "image.tar").read_bytes()
    assert bundle.read_bytes()[:2000] not in (tmp_path / "image.tar").read_bytes() or _in_base(
        bundle, tmp_path
    )


def _in_base(bundle: Path, folder: Path) -> bool:
    """Base images bring certificates of their own, which may be the same."""
    docker("save", "--output", str(folder / "base.tar"), "python:3.11-slim-bookworm")
    return bundle.read_bytes()[:2000] in (folder / "base.tar").read_bytes()


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_a_change_in_one_service_leaves_the_others_alone(tmp_path: Path, target: str) -> None:
    for name in (
        "requirements",
        "libs",
        "migrations",
        "tools/devserve",
        "apps/gateway",
        "apps/print-service",
        "docker",
    ):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    gateway, other = (image(service, target, tmp_path) for service in ("gateway", "print-service"))
    before = inspected("image", gateway)["RootFS"]["Layers"]
    with (tmp_path / "apps/gateway/src/gateway/main.py").open("a") as source:
        source.write(f"# {uuid.uuid4().hex}\n")
    changed = image("gateway", target, tmp_path)
    after = inspected("image", changed)["RootFS"]["Layers"]
    assert image("print-service", target, tmp_path) == other
    assert changed != gateway
    last = {"dev": 1, "prod": 2}[target]  # prod compiles its byte code behind the source
    assert after[:-last] == before[:-last]
    assert len(after) == len(before)


def test_services_share_their_libraries() -> None:
    layers = [
        inspected("image", image(name, "dev"))["RootFS"]["Layers"] for name in ("gateway", "print-service")
    ]
    assert layers[0][:-1] == layers[1][:-1]


def test_dockerfiles_ask_nothing_of_newer_builders() -> None:
    for path in (ROOT / "docker").glob("*.Dockerfile"):
        text = path.read_text()
        for newer in ("# syntax", "<<", "COPY --link", "--chmod"):
            assert newer not in text, f"{path.name}: {newer} needs more than Docker 20.10"
