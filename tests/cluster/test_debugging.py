"""A real debugger's client on the whole platform in a cluster: attached through the clone's own launch.json."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from devkit.cluster.forward import forward
from devkit.cluster.pods import Pod, list_pods
from devkit.cluster.wait import wait_for_rollout

from tests.support.debugging import INTAKE, PARSED, Scene
from tests.support.demo import until
from tests.support.deployed import Deployed, kubectl

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]

# Seconds: longer than the patience of every probe that a service answers for itself.
_LONG = 90


@pytest.fixture(scope="module")
def scene(platform: Deployed) -> Iterator[Scene]:
    """Forwards as `tilt up` makes them, and live sync as Tilt does it."""
    with ExitStack() as stack:

        def forwarded(service: str, port: int) -> int:
            return stack.enter_context(forward(platform.cluster, platform.namespace, service, port))

        ports = {"gateway": 9229, "order-service": 9230, "print-service": 9231}
        here = {service: forwarded(service, port) for service, port in ports.items()}

        def sync(path: str, service: str) -> None:
            platform.sync(service, {f"/app/{path}": (platform.root / path).read_text()})

        yield Scene(
            platform.root,
            f"http://127.0.0.1:{forwarded('gateway', 3000)}",
            platform.secrets["SHOPIFY_CLIENT_SECRET"],
            port=here.__getitem__,
            sync=sync,
        )


def pod(platform: Deployed, service: str) -> Pod:
    """A service's one pod."""
    (found,) = [
        one for one in list_pods(platform.cluster, platform.namespace, service) if not one.terminating
    ]
    return found


def test_in_a_request(scene: Scene) -> None:
    scene.stops_in_a_request()


def test_in_two_services_in_one_request(scene: Scene) -> None:
    scene.stops_in_two_services_in_one_request()


def test_in_a_worker(scene: Scene) -> None:
    scene.stops_in_a_worker()


def test_after_a_live_sync(scene: Scene) -> None:
    scene.goes_on_after_a_save()


def test_a_long_stop_under_probes(scene: Scene, platform: Deployed) -> None:
    """Not killed, not taken out of rotation, and the caller gets its answer; without a debugger a hang is noticed."""
    before = pod(platform, "order-service")
    states: set[tuple[bool, int]] = set()
    with scene.attach("order-service", {INTAKE: PARSED}) as debugger, scene.an_order() as sent:
        thread = debugger.stopped()
        end = time.monotonic() + _LONG
        while time.monotonic() < end:
            now = pod(platform, "order-service")
            assert now.name == before.name
            states.add((now.ready, now.restarts))
            time.sleep(2)
        debugger.request("continue", threadId=thread)
    assert states == {(True, before.restarts)}
    assert sent.seconds > _LONG


def test_a_pod_is_killed_and_attached_to_again(scene: Scene, platform: Deployed) -> None:
    with scene.attach("order-service", {INTAKE: PARSED}):
        kubectl("-n", platform.namespace, "delete", "pod", "-l", "app=order-service", "--wait=true")
    wait_for_rollout(platform.cluster, platform.namespace, "order-service", 120)
    scene.stops_in_a_request(hold=0)


def test_devkit_debug(scene: Scene, platform: Deployed) -> None:
    """The service waits for a client before its first line, and says so."""

    def told() -> dict[str, str | None]:
        report = platform.devkit("debug", "--status", "--json", "--engine", "tilt").stdout
        return {one["service"]: one["debugger"] for one in json.loads(report)["ports"]}

    until(lambda: set(told().values()) == {"none"})
    platform.devkit("debug", "order-service", "--engine", "tilt")
    until(lambda: told()["order-service"] == "awaited")
    path, mark = "apps/order-service/src/order_service/main.py", "settings = Settings.load("
    with scene.attach("order-service", {path: mark}) as client:
        thread = client.stopped()
        assert client.frame(thread)["line"] == scene.line(path, mark)
        assert told()["order-service"] == "attached"
        client.request("continue", threadId=thread)
    wait_for_rollout(platform.cluster, platform.namespace, "order-service", 60)
    assert pod(platform, "order-service").restarts == 0
