"""What Traefik Mesh writes into the cluster's DNS, and how that is removed.

Its controller adds a block of its own to CoreDNS's configuration, which turns `<service>.<namespace>.traefik.mesh` into
the Service that leads to its proxies (read in github.com/traefik/mesh, pkg/dns, 1.4.8). K3s puts the file back as it
was whenever it starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devkit.cluster.client import Cluster, Json

__all__ = ["Dns", "look_up_dns", "restore_dns", "without_blocks"]

# Both of its names: it still writes a block for the one that it had until 2020.
_BLOCK = re.compile(
    r"\n?#### Begin (?P<name>Maesh|Traefik Mesh) Block\n(?P<body>.*?)#### End (?P=name) Block(?:\n|\Z)",
    re.DOTALL,
)
_SYSTEM = "/api/v1/namespaces/kube-system/configmaps"
_DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
# On clusters that import files of a second ConfigMap it writes there: a key for each block.
_CUSTOM_KEYS = ("maesh.server", "traefik.mesh.server")
# What it sets on CoreDNS's pods so that they start anew.
_HASH = "traefik-mesh-hash"


@dataclass(frozen=True)
class Dns:
    """`configured`: CoreDNS has a ConfigMap where it usually is. `namespaces` are those of the meshes whose names it
    knows."""

    configured: bool
    namespaces: frozenset[str]


def look_up_dns(cluster: Cluster) -> Dns:
    """Which meshes the cluster's DNS knows."""
    maps = [cluster.find(f"{_SYSTEM}/{name}") for name in ("coredns", "coredns-custom")]
    text = "\n".join(value for found in maps if found for value in (found.get("data") or {}).values())
    return Dns(maps[0] is not None, frozenset(filter(None, map(_owner, _BLOCK.finditer(text)))))


def without_blocks(corefile: str, namespace: str) -> str:
    """The Corefile as it was before the mesh of this namespace wrote into it; other meshes' blocks stay."""
    return _BLOCK.sub(lambda match: "" if _owner(match) == namespace else match[0], corefile)


def restore_dns(cluster: Cluster, namespace: str) -> list[str]:
    """Takes the mesh's blocks out, and lets CoreDNS read its file again. Returns what was removed."""
    gone: list[str] = []
    for name in ("coredns", "coredns-custom"):
        found = cluster.find(f"{_SYSTEM}/{name}")
        changes = _changes(found, namespace) if found else {}
        if changes:
            cluster.patch(f"{_SYSTEM}/{name}", {"data": changes})
            gone.append(f"its names in ConfigMap kube-system/{name}")
    deployment = cluster.find(_DEPLOYMENT)
    if deployment is not None and _HASH in _annotations(deployment):
        # Without it the pods' template is as it was, and they start anew, with the file as it is now.
        cluster.patch(_DEPLOYMENT, {"spec": {"template": {"metadata": {"annotations": {_HASH: None}}}}})
        gone.append(f"{_HASH} on Deployment kube-system/coredns, which restarts")
    return gone


def _changes(found: Json, namespace: str) -> dict[str, str | None]:
    """The ConfigMap's keys that change; None deletes one."""
    changes: dict[str, str | None] = {}
    for key, text in (found.get("data") or {}).items():
        rest = without_blocks(text, namespace)
        if rest != text:
            changes[key] = None if key in _CUSTOM_KEYS and not rest.strip() else rest
    return changes


def _owner(block: re.Match[str]) -> str | None:
    """The namespace of the mesh that wrote a block, by the Services that it leads to."""
    found = re.search(r" (\S+)-\{1\}-6d61657368-", block["body"])
    return found[1] if found else None


def _annotations(deployment: Json) -> Json:
    return deployment["spec"]["template"]["metadata"].get("annotations") or {}
