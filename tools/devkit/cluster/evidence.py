"""What the products that run local clusters left on this machine, as evidence that a cluster is theirs.

A product is looked up by the cluster's name, which proves nothing: the name only says whose evidence would count.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from devkit.cluster import desktops, nodes
from devkit.cluster.endpoint import IPNetwork, parse_server
from devkit.cluster.kubeconfig import KubeContext
from devkit.cluster.product_record import ProductRecord, is_there

__all__ = ["Evidence", "gather"]

# What may become part of a path or a container's name.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Evidence:
    """The product whose cluster this would be (None: nobody's), what proves it, and the networks that this machine is
    in; those are looked up for a private address alone."""

    product: str | None = None
    record: ProductRecord = field(default_factory=ProductRecord)
    networks: tuple[IPNetwork, ...] = ()


def gather(context: KubeContext, environ: Mapping[str, str], home: Path) -> Evidence:
    """Looks on this machine. Docker is asked only for clusters that live in it, and 3 s at most."""
    endpoint = parse_server(context.server)
    if endpoint is None or not (endpoint.is_loopback or endpoint.is_private):
        return Evidence()  # nothing here could make it local
    found = _product(context.cluster, environ, home)
    if found is None:
        return Evidence()
    product, look = found
    evidence = Evidence(product, look())
    return evidence if endpoint.is_loopback else replace(evidence, networks=_networks())


def _product(
    cluster: str, environ: Mapping[str, str], home: Path
) -> tuple[str, Callable[[], ProductRecord]] | None:
    if not _SAFE.fullmatch(cluster):
        return None
    if cluster == "rancher-desktop":
        return "Rancher Desktop", lambda: desktops.rancher_desktop(environ, home)
    if cluster == "docker-desktop":
        return "Docker Desktop", lambda: desktops.docker_desktop(environ, home)
    if cluster == "orbstack":
        return "OrbStack", lambda: desktops.orbstack(home)
    if cluster == "colima" or cluster.startswith("colima-"):
        return "Colima", lambda: desktops.colima(cluster, environ, home)
    if cluster.startswith("kind-"):
        return "kind", lambda: nodes.kind(cluster.removeprefix("kind-"), environ, home)
    if cluster.startswith("k3d-"):
        return "k3d", lambda: nodes.k3d(cluster.removeprefix("k3d-"), environ, home)
    if cluster == "minikube" or is_there(nodes.minikube_profile(cluster, environ, home)):
        return "minikube", lambda: nodes.minikube(cluster, environ, home)
    return None


def _networks() -> tuple[IPNetwork, ...]:
    """Of every interface that is up, bridges to containers and virtual machines among them. What has no netmask that is an
    address (IPv6, hardware) is none."""
    import psutil

    found: list[IPNetwork] = []
    for addresses in psutil.net_if_addrs().values():
        for item in addresses:
            with contextlib.suppress(ValueError):
                found.append(ipaddress.ip_network(f"{item.address}/{item.netmask}", strict=False))
    return tuple(found)
