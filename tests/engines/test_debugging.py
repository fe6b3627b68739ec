"""A real debugger's client on the whole platform, on the local engine: attached through the clone's own launch.json."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.browser.clone import Clone, running_clone
from tests.support.debugging import Scene
from tests.support.demo import until

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js 20 or newer, with npm")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    with running_clone(tmp_path_factory.mktemp("clone")) as made:
        yield made


@pytest.fixture
def scene(clone: Clone) -> Scene:
    return Scene(
        clone.root,
        clone.gateway,
        clone.secret("SHOPIFY_CLIENT_SECRET"),
        sync=lambda _path, _service: None,  # the supervisor watches the clone itself
    )


def test_in_a_request(scene: Scene) -> None:
    scene.stops_in_a_request()


def test_in_two_services_in_one_request(scene: Scene) -> None:
    scene.stops_in_two_services_in_one_request()


def test_in_a_worker(scene: Scene) -> None:
    scene.stops_in_a_worker()


def test_after_a_save(scene: Scene) -> None:
    scene.goes_on_after_a_save()


def test_after_a_kill(scene: Scene, clone: Clone) -> None:
    """The service's process is killed while it stands; the next one is debugged as the first was."""
    pid = clone.unit("order-service")["pid"]
    os.kill(pid, signal.SIGKILL)
    until(
        lambda: clone.unit("order-service")["state"] == "ready" and clone.unit("order-service")["pid"] != pid
    )
    scene.stops_in_a_request(hold=0)
