"""How an image that is built here gets to the cluster's node: as Tilt decides it."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any

from devkit.doctor.facts.cluster import cluster, nodes
from devkit.doctor.facts.context import current, product
from devkit.doctor.facts.docker import Daemon, daemon
from devkit.doctor.machine import Machine, observed

__all__ = ["Way", "node_runtime", "registry_status", "way"]

# Where the products put Docker's socket; Tilt takes one of these for the product's own.
_USUAL = (
    "unix:///var/run/docker.sock",
    "npipe:////./pipe/docker_engine",
    "tcp://localhost:2375",
    "tcp://localhost:2376",
    "tcp://127.0.0.1:2375",
    "tcp://127.0.0.1:2376",
)
_OWN_SOCKETS = ("/.docker/desktop/docker.sock", "/.docker/run/docker.sock", "/.rd/docker.sock")
_HOSTING = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"


@dataclass(frozen=True)
class Way:
    """`kind`: shared (the node runs what Docker has), loaded (`kind load`), registry, or none. `registry` is its address
    as this machine sees it."""

    kind: str
    registry: str = ""


def node_runtime(machine: Machine) -> str:
    """What runs the node's containers: docker, containerd, cri-o."""
    said = str(_first(machine).get("status", {}).get("nodeInfo", {}).get("containerRuntimeVersion", ""))
    return said.partition("://")[0]


def way(machine: Machine) -> Way:
    """Which way Tilt takes. A check that uses it comes after cluster.endpoint and docker.context."""
    kind, found = machine.fact(product), machine.fact(daemon)
    if node_runtime(machine) == "docker" and _shares(kind, machine.fact(current).cluster, found):
        return Way("shared")
    if registry := _registry(machine):
        return Way("registry", registry)
    return Way("loaded" if kind == "kind" else "none")


def _shares(kind: str, name: str, found: Daemon) -> bool:
    if kind == "minikube":
        # Tilt asks minikube for its own Docker, unless DOCKER_HOST names another.
        return found.why != "DOCKER_HOST" or found.url.startswith("tcp://")
    if kind in ("rancher-desktop", "docker-desktop"):
        return found.url in ("", *_USUAL) or found.url.endswith(_OWN_SOCKETS)
    if kind == "orbstack":
        return found.url.endswith("/.orbstack/run/docker.sock")
    if kind == "colima":
        return _colima_profile(found.url) == (name.removeprefix("colima").removeprefix("-") or "default")
    return False


def _colima_profile(url: str) -> str:
    """The profile whose socket this is: `…/.colima/default/docker.sock`, in older ones `…/.colima-NAME/docker.sock`."""
    for folder in ("/.colima", "/.config/colima"):
        _, found, rest = url.partition(folder)
        if found:
            first, _, more = rest.partition("/")
            if first.startswith("-"):
                return first[1:]
            return more.partition("/")[0] if "/" in more else "default"
    return ""


@observed("cluster registry")
def _registry(machine: Machine) -> str:
    """The address of the local registry that the cluster names, as seen from here."""
    import yaml

    found = machine.fact(cluster).find(_HOSTING)
    text = (found or {}).get("data", {}).get("localRegistryHosting.v1", "")
    try:
        hosting: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return ""
    return str(hosting.get("host") or "") if isinstance(hosting, dict) else ""


@observed("registry")
def registry_status(_machine: Machine, registry: str) -> int | str:
    """The status with which a registry answers to `/v2/`, or why there is none, as the end of a sentence."""
    host, _, port = registry.partition(":")
    connection = http.client.HTTPConnection(host, int(port) if port.isdecimal() else 80, timeout=3)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status
    except ConnectionRefusedError:
        return "nothing listens there"
    except (OSError, http.client.HTTPException):
        return "it does not answer"
    finally:
        connection.close()


def _first(machine: Machine) -> dict[str, Any]:
    found = machine.fact(nodes)
    return found[0] if found else {}
