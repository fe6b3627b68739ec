"""Type node in a cluster: a service from its own templates, built, applied, synced, debugged and ended as Tilt does it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from devkit.cluster.client import Cluster
from devkit.cluster.execute import execute
from devkit.cluster.forward import forward
from devkit.cluster.pods import Pod, list_pods
from devkit.cluster.wait import wait_for_rollout
from devkit.engines.tilt.debug import signal_service
from devkit.model import Service
from devkit.render.artefacts import render_manifests
from devkit.render.plan import plan_document
from devkit.table.load import read_table

from tests.support.demo import until
from tests.support.deployed import kubectl, load
from tests.support.images import build, needs_images
from tests.support.inspected import inspected
from tests.support.platform import ROOT
from tests.support.scaffolded import write_platform
from tests.support.served import tarball

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]

NAME = "my-node"
TYPE = "tools/devkit/types/node"
APP = f"apps/{NAME}/src/app.js"
SLOW = 120


@dataclass(frozen=True)
class Running:
    """The clone in `root`, whose one service runs in `namespace`; its port and debug port on this machine."""

    root: Path
    service: Service
    cluster: Cluster
    namespace: str
    port: int
    debug_port: int

    def ask(self, path: str = "/") -> Any:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, trust_env=False).json()

    def pod(self) -> Pod:
        (found,) = [each for each in list_pods(self.cluster, self.namespace, NAME) if not each.terminating]
        return found

    def sync(self, text: str) -> None:
        """Replaces the source in the container as Tilt does: a tar archive unpacked by the container's own user."""
        archive = base64.b64encode(tarball({f"app/{APP}": text})).decode()
        script = 'echo "$1" | base64 -d | tar -x -C / -f -'
        done = execute(self.cluster, self.namespace, NAME, "sh", "-c", script, "sh", archive)
        assert done.code == 0, done.stderr

    def says(self, message: str) -> None:
        until(lambda: self.ask()["message"] == message, SLOW, message)

    def ended(self) -> dict[str, Any]:
        """How the container's last life ended."""
        item = json.loads(kubectl("-n", self.namespace, "get", "pod", self.pod().name, "-o", "json"))
        state: dict[str, Any] = item["status"]["containerStatuses"][0]["lastState"].get("terminated", {})
        return state


@pytest.fixture(scope="module")
def running(cluster: Cluster, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    needs_images()
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl")
    root = tmp_path_factory.mktemp("clone")
    write_platform(root, ("node",), namespace)
    shutil.copytree(ROOT / TYPE, root / TYPE)
    table = read_table(root / "dev/services.yaml")
    (part,) = plan_document(table)["resources"]
    tag = f"{part['image']}:devkit-test"
    wanted = part["build"]
    (root / "Dockerfile").write_text(wanted["dockerfile_contents"])
    build(
        str(root / "Dockerfile"), "--target", wanted["target"], "--build-arg", f"SERVICE={NAME}",
        "--tag", tag, context=root,
    )  # fmt: skip
    load([tag])
    config = render_manifests(table)["k8s/dev/configmap.yaml"].decode()
    manifest = part["yaml"].replace(f"image: {part['image']}\n", f"image: {tag}\n")
    kubectl("apply", "-f", "-", data=f"{config}\n---\n{manifest}")
    wait_for_rollout(cluster, namespace, NAME, 240)
    service = table.services[NAME]
    assert service.debug_port
    with (
        forward(cluster, namespace, NAME, service.port) as port,
        forward(cluster, namespace, NAME, service.debug_port) as debug_port,
    ):
        yield Running(root, service, cluster, namespace, port, debug_port)


def test_it_answers(running: Running) -> None:
    assert running.ask() == {"service": NAME, "message": "Hello from My Node"}
    assert running.ask("/health/live")["service"] == NAME


def test_it_runs_as_a_number_without_rights(running: Running) -> None:
    done = execute(running.cluster, running.namespace, NAME, "id", "-u")
    assert done.stdout.strip() == b"10001"


def test_live_sync_starts_new_code_each_time(running: Running) -> None:
    text = (running.root / APP).read_text()
    before = running.pod()
    for words in ("Good day from", "Good evening from", "Hello from"):
        running.sync(text.replace("Hello from", words))
        running.says(f"{words} My Node")
    now = running.pod()
    assert (now.name, now.restarts) == (before.name, before.restarts)


def test_a_broken_sync_is_fixed_by_the_next(running: Running) -> None:
    text = (running.root / APP).read_text()
    before = running.pod()
    running.sync(text.replace("createServer((", "createServer(((("))
    until(lambda: "SyntaxError" in kubectl("-n", running.namespace, "logs", before.name), SLOW)
    running.sync(text)
    running.says("Hello from My Node")
    now = running.pod()
    assert (now.name, now.restarts) == (before.name, before.restarts)


def test_a_debugger_reaches_it_and_knows_its_files_by_the_containers_folder(running: Running) -> None:
    with inspected(running.debug_port) as session:
        session.send("Debugger.enable")
        roots = [
            launch.keys.get("remoteRoot") for launch in running.service.type.launch(running.service, "9229")
        ]
        url = f"file://{roots[1]}/src/app.js"
        placed = session.send("Debugger.setBreakpointByUrl", lineNumber=12, url=url)
        assert len(placed["locations"]) == 1
        session.send("Debugger.disable")


def test_it_waits_for_a_debugger_where_told(running: Running) -> None:
    signal_service(running.cluster, running.namespace, NAME, "USR1")
    until(lambda: not _answers(running), SLOW, "the waiting")

    def go_on() -> bool:
        with inspected(running.debug_port) as session:
            session.send("Runtime.runIfWaitingForDebugger")
            return True

    until(go_on, SLOW)
    running.says("Hello from My Node")
    signal_service(running.cluster, running.namespace, NAME, "USR2")
    running.says("Hello from My Node")


def _answers(running: Running) -> bool:
    try:
        running.ask()
    except httpx.HTTPError:
        return False
    return True


def test_names_are_looked_up_as_the_service_would(running: Running) -> None:
    look_up = running.service.type.container.look_up
    assert look_up is not None
    address = kubectl("-n", running.namespace, "get", "service", NAME, "-o", "jsonpath={.spec.clusterIP}")
    host = f"{NAME}.{running.namespace}.svc.cluster.local"
    asked = [(host, address, running.service.port), (host, "10.0.0.1", None), (f"no-{host}", address, None)]
    done = execute(running.cluster, running.namespace, NAME, *look_up(asked))
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout) == [
        f"{host} is {address}, not 10.0.0.1", f"no-{host} does not resolve (ENOTFOUND)",
    ]  # fmt: skip


def test_it_ends_cleanly(running: Running) -> None:
    execute(running.cluster, running.namespace, NAME, "sh", "-c", "kill -TERM 1")
    ended = until(running.ended, SLOW, "the end")
    assert ended["exitCode"] == 0, ended
