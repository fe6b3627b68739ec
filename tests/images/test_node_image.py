"""tools/devkit/types/node/Dockerfile: a service from its type's templates, as production would run it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.support.demo import until
from tests.support.images import Container, build, container, inspected
from tests.support.platform import ROOT
from tests.support.scaffolded import write_platform

pytestmark = pytest.mark.images

NAME = "my-node"
TYPE = "tools/devkit/types/node"
TAG = "devkit-test-my-node"


@pytest.fixture(scope="module", params=["without a lock", "with a lock"])
def prod(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    root = tmp_path_factory.mktemp("clone")
    write_platform(root, ("node",))
    shutil.copytree(ROOT / TYPE, root / TYPE)
    (root / "apps" / NAME / ".env").write_text("SECRET=1\n")
    if request.param == "with a lock":
        package = {"name": NAME, "version": "0.0.0"}
        lock = {**package, "lockfileVersion": 3, "requires": True, "packages": {"": package}}
        (root / "apps" / NAME / "package-lock.json").write_text(json.dumps(lock))
    tag = f"{TAG}:{request.param.replace(' ', '-')}"
    build(
        str(root / TYPE / "Dockerfile"), "--target", "prod", "--build-arg", f"SERVICE={NAME}", "--tag", tag,
        context=root,
    )  # fmt: skip
    with container(tag, 3000, {"APP_PORT": "3000"}) as running:
        running.answers("/health/live")
        yield running


def test_it_answers(prod: Container) -> None:
    assert prod.get("/").json() == {"service": NAME, "message": "Hello from My Node"}


def test_it_runs_as_a_number_and_carries_no_secrets(prod: Container) -> None:
    assert prod.run("id", "-u").strip() == "10001"
    assert ".env" not in prod.run("ls", "-a").split()


def test_its_health_check_holds_and_it_ends_when_told(prod: Container) -> None:
    until(
        lambda: inspected("container", prod.name)["State"]["Health"]["Status"] == "healthy",
        60,
        "the health check",
    )
    assert prod.stop() == 0
