"""Docker's figures: recorded answers of both kinds of control groups, a daemon that hangs, and a real container."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.resources.meter import Meter
from devkit.resources.sources import docker as source
from devkit.resources.sources.docker import COMPOSE, KUBERNETES, DockerSource, reading_of

from tests.support.images import docker

ANSWERS = Path(__file__).parent / "answers"


def answer(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ANSWERS / f"docker-{name}.json").read_text())
    return found


def test_version_1_of_control_groups() -> None:
    found = reading_of("redis", answer("control-groups-1"))
    assert found is not None
    assert (found.service, found.instance) == ("redis", "competent_noyce")
    assert [part.cpu for part in found.parts.values()] == [0.03927792]
    assert found.memory == 6725632 - 2719744
    assert found.throttled == 0.0
    assert found.at == pytest.approx(1795648274.786, abs=0.001)


def test_version_2_of_control_groups() -> None:
    found = reading_of("redis", answer("control-groups-2"))
    assert found is not None
    assert found.memory == 2211840 - 102400
    assert found.throttled == pytest.approx(0.431)


def test_a_container_that_ended_has_no_figures() -> None:
    assert reading_of("redis", answer("ended")) is None
    assert reading_of("redis", {}) is None


@contextmanager
def daemon(replies: dict[str, bytes] | None) -> Iterator[dict[str, str]]:
    """A daemon on a socket: answers what begins with a key, or (None) takes connections and says nothing."""
    # A socket's path must be short, and pytest's folders are not.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        place = Path(folder) / "docker.sock"
        server.bind(str(place))
        server.listen(8)
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                if replies is None:
                    continue
                asked = connection.recv(65536).split(b" ")[1].decode()
                body = next((reply for path, reply in replies.items() if asked.startswith(path)), None)
                status = b"200 OK" if body is not None else b"404 Not Found"
                body = body if body is not None else b'{"message": "no such container"}'
                connection.sendall(
                    b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                    % (status, len(body), body)
                )
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield {"DOCKER_HOST": f"unix://{place}", "HOME": folder}
        finally:
            for connection in kept:
                connection.close()


def listed(**labels: str) -> bytes:
    return json.dumps([{"Id": "5cd8", "Labels": labels}]).encode()


def test_containers_are_found_by_the_platforms_labels() -> None:
    stats = json.dumps(answer("control-groups-1")).encode()
    compose = {"com.docker.compose.project": "shop", "com.docker.compose.service": "redis"}
    pod = {"io.kubernetes.pod.namespace": "dev", "io.kubernetes.container.name": "redis"}
    for labels, value, given in ((COMPOSE, "shop", compose), (KUBERNETES, "dev", pod)):
        replies = {"/containers/json": listed(**given), "/containers/5cd8/stats": stats}
        with daemon(replies) as environ:
            look = DockerSource(labels, value, ["redis", "web"], {"web": "is off"}, environ).look()
        assert [reading.service for reading in look.readings] == ["redis"]
        assert look.absent == {"web": "is off"}


def test_a_container_that_goes_between_the_list_and_its_figures() -> None:
    given = {"com.docker.compose.project": "shop", "com.docker.compose.service": "redis"}
    with daemon({"/containers/json": listed(**given)}) as environ:
        look = DockerSource(COMPOSE, "shop", ["redis"], environ=environ).look()
    assert (look.readings, look.absent) == ((), {"redis": "has no running container"})


def test_a_daemon_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_SECONDS", 0.3)
    with daemon(None) as environ, pytest.raises(DevkitError, match="did not answer within") as problem:  # fmt: skip
        DockerSource(COMPOSE, "shop", ["redis"], environ=environ).look()
    assert problem.value.fix


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("tcp://10.1.2.3:2375", "not on this machine"),
        ("ssh://me@there", "not on this machine"),
        ("npipe:////./pipe/docker_engine", "a Windows pipe"),
    ],
)
def test_only_this_machines_docker_is_asked(host: str, message: str) -> None:
    with pytest.raises(DevkitError, match=message) as problem:
        DockerSource(COMPOSE, "shop", ["redis"], environ={"DOCKER_HOST": host, "HOME": "/nowhere"})
    assert problem.value.exit_code == 3


def test_a_socket_where_nobody_listens(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "HOME": str(tmp_path)}
    with pytest.raises(DevkitError, match="Docker cannot be asked") as problem:
        DockerSource(COMPOSE, "shop", ["redis"], environ=environ).look()
    assert problem.value.exit_code == 3


@pytest.mark.images
def test_a_real_container_that_burns_half_a_core_and_holds_memory() -> None:
    if shutil.which("docker") is None or docker("version", check=False).returncode:
        pytest.skip("needs a running Docker")
    base = "python:3.11-slim-bookworm"
    if docker("image", "inspect", base, check=False).returncode:
        pytest.skip(f"needs the base image {base}")
    project = f"devkit-test-{uuid.uuid4().hex[:8]}"
    held = 60 * 2**20
    program = f"held = bytearray(b'x' * {held})\nwhile True: pass"
    labels = [f"--label={label}={value}" for label, value in zip(COMPOSE, (project, "burner"), strict=True)]
    docker("run", "-d", "--name", project, "--cpus=0.5", *labels, base, "python3", "-c", program)
    try:
        watched = DockerSource(COMPOSE, project, ["burner"], environ=os.environ)
        meter = Meter(time.monotonic(), watched.period)
        meter.take(watched.look().readings, time.monotonic())
        time.sleep(1.5)
        (sample,) = meter.take(watched.look().readings, time.monotonic())
    finally:
        docker("rm", "--force", project)
    assert sample.cpu is not None
    assert 0.05 < sample.cpu < 0.7, "half a core, or what a busy machine has left"
    assert held < sample.memory < held + 40 * 2**20
    assert sample.throttled is not None
    assert sample.throttled > 0 or sample.cpu < 0.45, "at its limit the kernel holds it back, and says so"
