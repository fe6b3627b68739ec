"""Docker's own figures, from its Engine API: what `docker stats` shows, before it is rounded for people."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.users import home_folder
from devkit.cluster.containers import docker_host, is_local_docker
from devkit.resources.model import Part, Reading
from devkit.resources.sources.protocol import Look

__all__ = ["COMPOSE", "KUBERNETES", "DockerSource", "Labels", "reading_of"]

_SECONDS = 5.0
_AT_ONCE = 8
_SOCKETS = ("/var/run/docker.sock", "~/.docker/run/docker.sock", "~/.rd/docker.sock")

Labels = tuple[str, str]
# (the label that says which platform a container is of, the one that names its service)
COMPOSE: Labels = ("com.docker.compose.project", "com.docker.compose.service")
KUBERNETES: Labels = ("io.kubernetes.pod.namespace", "io.kubernetes.container.name")


class DockerSource:
    """Running containers of a Compose project, or of a namespace where Docker runs the node's containers.

    The daemon is the one that `docker` would ask, over its socket, if it is on this machine.
    """

    name = "docker"
    period = 1.0
    deadline = 3 * _SECONDS

    def __init__(
        self,
        labels: Labels,
        value: str,
        services: Sequence[str],
        off: Mapping[str, str] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._labels, self._value = labels, value
        self._services = services
        self._off = off or {}
        transport = httpx.HTTPTransport(uds=str(docker_socket(environ)))
        self._client = httpx.Client(
            transport=transport, base_url="http://docker", timeout=_SECONDS, trust_env=False
        )

    def look(self) -> Look:
        of, name_label = self._labels
        filters = json.dumps({"label": [f"{of}={self._value}"], "status": ["running"]})
        listed = self._get("/containers/json", filters=filters)
        wanted = [c for c in listed if (c.get("Labels") or {}).get(name_label) in self._services]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(self._stats, [str(container["Id"]) for container in wanted]))
        readings = [
            reading
            for container, answer in zip(wanted, answers, strict=True)
            if (reading := reading_of(str(container["Labels"][name_label]), answer)) is not None
        ]
        seen = {reading.service for reading in readings}
        gone = {name: self._off.get(name, "has no running container") for name in self._services}
        return Look(tuple(readings), {name: why for name, why in gone.items() if name not in seen})

    def _stats(self, id: str) -> Mapping[str, Any]:
        try:
            # One-shot: at once, instead of after the second look that the daemon takes for percentages.
            found = self._get(f"/containers/{id}/stats", stream="false", **{"one-shot": "true"})
        except DevkitError as problem:
            if problem.exit_code is ExitCode.REFUSED:  # it ended meanwhile
                return {}
            raise
        return found if isinstance(found, dict) else {}

    def _get(self, path: str, **query: str) -> Any:
        try:
            answer = self._client.get(path, params=query)
        except httpx.TimeoutException:
            raise DevkitError(
                f"Docker did not answer within {_SECONDS:g} s", fix="./devkit doctor --only docker"
            ) from None
        except httpx.HTTPError as problem:
            raise DevkitError(
                f"Docker cannot be asked: {problem}",
                fix="./devkit doctor --only docker", exit_code=ExitCode.TOOL_MISSING,
            ) from None  # fmt: skip
        if answer.status_code >= 400:
            raise DevkitError(f"Docker refused {path}: HTTP {answer.status_code}", exit_code=ExitCode.REFUSED)
        return answer.json()


def docker_socket(environ: Mapping[str, str]) -> Path:
    """The socket that `docker` would use. Raises DevkitError (exit 3) when there is none on this machine."""
    home = home_folder(environ)
    host = docker_host(environ, home)
    if host.startswith("unix://"):
        return Path(host.removeprefix("unix://"))
    if host == "":
        places = [Path(place.replace("~", str(home), 1)) for place in _SOCKETS]
        for place in places:
            if place.is_socket():
                return place
        reason = "there is no Docker socket here"
    elif is_local_docker(host):
        reason = f"{host} is a Windows pipe, which devkit does not support"
    else:
        reason = "Docker is not on this machine (DOCKER_HOST or the current context)"
    raise DevkitError(reason, fix="./devkit doctor --only docker", exit_code=ExitCode.TOOL_MISSING)


def reading_of(service: str, stats: Mapping[str, Any]) -> Reading | None:
    """What an answer of GET /containers/ID/stats says; None for a container that does not run.

    Memory is Docker's own formula, and the working set of cAdvisor: what the control group holds, without file pages
    that it can drop at once (`inactive_file`, on version 1 of control groups `total_inactive_file`).
    """
    cpu, memory = stats.get("cpu_stats") or {}, stats.get("memory_stats") or {}
    used, held = (cpu.get("cpu_usage") or {}).get("total_usage"), memory.get("usage")
    read = str(stats.get("read") or "")
    if not used or held is None or not read or read.startswith("0001-"):
        return None
    details = memory.get("stats") or {}
    droppable = int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    throttled = (cpu.get("throttling_data") or {}).get("throttled_time")
    at = datetime.fromisoformat(read).timestamp()
    id = str(stats.get("id") or stats.get("name"))
    return Reading(
        service, str(stats.get("name") or id).lstrip("/"), at, {id: Part(int(used) / 1e9)},
        max(0, int(held) - droppable), throttled=None if throttled is None else int(throttled) / 1e9, old=time.time() - at,
    )  # fmt: skip
