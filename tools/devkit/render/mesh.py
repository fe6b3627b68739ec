"""What each service mesh needs to be told about a service, so that calls to it go through the mesh.

The seed's label `mesh.traefik.io/enabled` is devkit's own mark of those services. No mesh reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devkit.model import Service, Table

__all__ = ["MARK", "Marks", "cluster_host", "mesh_host", "mesh_marks"]

MARK = "mesh.traefik.io/enabled"
_TRAEFIK = "mesh.traefik.io"
# The table's words → Traefik Mesh's annotations (doc.traefik.io/traefik-mesh/configuration).
_SETTINGS = {
    "retry_attempts": "retry-attempts",
    "circuit_breaker": "circuit-breaker-expression",
    "rate_average": "ratelimit-average",
    "rate_burst": "ratelimit-burst",
}


@dataclass(frozen=True)
class Marks:
    """Labels and annotations of a service's Service and of its pods."""

    service_labels: Mapping[str, str] = field(default_factory=dict)
    service_annotations: Mapping[str, str] = field(default_factory=dict)
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    pod_annotations: Mapping[str, str] = field(default_factory=dict)


def mesh_marks(table: Table, service: Service) -> Marks:
    """Empty for a service outside the mesh; without a mesh only our own label."""
    if service.mesh is None:
        return Marks()
    mark = {MARK: "true"}
    match table.mesh:
        case "traefik":
            given = {f"{_TRAEFIK}/{_SETTINGS[name]}": value for name, value in service.mesh.items()}
            return Marks(mark, {f"{_TRAEFIK}/traffic-type": "http", **given})
        case "linkerd":
            return Marks(mark, pod_annotations={"linkerd.io/inject": "enabled"})
        case "istio-ambient":
            return Marks(mark, pod_labels={"istio.io/dataplane-mode": "ambient"})
    return Marks(mark)


def mesh_host(table: Table, service: Service) -> str | None:
    """The name by which callers reach a service through the mesh; None where its own name does that."""
    if table.mesh == "traefik" and service.mesh is not None:
        return f"{service.name}.{table.namespace}.traefik.mesh"
    return None


def cluster_host(table: Table, service: Service) -> str:
    """A service's own name in the cluster's DNS."""
    return f"{service.name}.{table.namespace}.svc.cluster.local"
