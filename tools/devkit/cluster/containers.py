"""Asks this machine's Docker which container offers an API server."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Container", "docker_host", "inspect", "is_local_docker", "parse_inspect"]

_SECONDS = 3.0


@dataclass(frozen=True)
class Container:
    """What counts of a container: `published` maps a port inside to (host address, host port) pairs, `addresses` are
    its own in Docker's networks."""

    name: str
    running: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


def docker_host(environ: Mapping[str, str], home: Path) -> str:
    """The daemon that `docker` would talk to, as a URL; empty for the platform's default socket."""
    if host := environ.get("DOCKER_HOST"):
        return host
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    name = environ.get("DOCKER_CONTEXT") or str(_json(folder / "config.json").get("currentContext") or "")
    if name in ("", "default"):
        return ""
    key = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    endpoint = _json(folder / "contexts" / "meta" / key / "meta.json").get("Endpoints")
    docker = endpoint.get("docker") if isinstance(endpoint, dict) else None
    return str(docker.get("Host") or "") if isinstance(docker, dict) else f"context {name}"


def is_local_docker(host: str) -> bool:
    """Whether a daemon's URL is a socket or pipe of this machine. One over TCP or ssh may be anywhere."""
    return not host or host.startswith(("unix://", "npipe:////./"))


def inspect(names: tuple[str, ...], environ: Mapping[str, str], home: Path) -> tuple[Container, ...] | str:
    """The containers of these names on this machine's Docker, or why it could not be asked. Takes 3 s at most."""
    host = docker_host(environ, home)
    if not is_local_docker(host):
        return f"Docker is at {_without_user(host)}, not on this machine"
    program = shutil.which("docker", path=environ.get("PATH"))
    if program is None:
        return "there is no docker on PATH to ask"
    command = [program, *(["--host", host] if host else []), "inspect", "--type", "container", *names]
    try:
        # Names that do not exist fail the call; those that do are printed all the same.
        done = subprocess.run(
            command, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, env=dict(environ)
        )
    except subprocess.TimeoutExpired:
        return f"Docker did not answer within {_SECONDS:.0f} s"
    except OSError as problem:
        return f"docker cannot be run: {problem.strerror}"
    if done.returncode and b"no such" not in done.stderr.lower():
        return "Docker does not run"
    return parse_inspect(done.stdout)


def parse_inspect(answer: bytes) -> tuple[Container, ...]:
    """What `docker inspect` printed, as containers."""
    try:
        listed = json.loads(answer)
    except (ValueError, RecursionError):
        return ()
    return tuple(_container(item) for item in listed if isinstance(item, dict))


def _container(item: Mapping[str, Any]) -> Container:
    network = item.get("NetworkSettings") or {}
    published: dict[int, tuple[tuple[str, int], ...]] = {}
    for inside, bindings in (network.get("Ports") or {}).items():
        number, _, protocol = str(inside).partition("/")
        if protocol == "tcp" and bindings:
            published[int(number)] = tuple(
                (str(b.get("HostIp") or "0.0.0.0"), int(b["HostPort"])) for b in bindings if b.get("HostPort")
            )
    networks = (network.get("Networks") or {}).values()
    addresses = (net.get(key) for net in networks if net for key in ("IPAddress", "GlobalIPv6Address"))
    return Container(
        name=str(item.get("Name", "")).lstrip("/"),
        running=bool((item.get("State") or {}).get("Running")),
        labels=dict((item.get("Config") or {}).get("Labels") or {}),
        published=published,
        addresses=tuple(address for address in addresses if address),
    )


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _without_user(host: str) -> str:
    scheme, mark, rest = host.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
