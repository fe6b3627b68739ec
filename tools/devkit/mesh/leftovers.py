"""What a mesh leaves in a cluster beyond its release, found and removed without Helm.

Helm deletes what a release's manifest names. It never deletes custom resource definitions, nor what hooks or the mesh
itself made; and when the release's namespace is deleted, its record is gone while everything outside it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster, Json
from devkit.mesh.dns import restore_dns
from devkit.mesh.workloads import WITH_PODS, documents
from devkit.model import MeshRelease

__all__ = ["CRDS", "MANAGED", "PART_OF", "clean", "devkit_crds", "remove_hooks"]

MANAGED = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_WIDE = {
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
}
_INSIDE = WITH_PODS | {
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "Service": "/api/v1/namespaces/{}/services",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Role": f"{_RBAC}/namespaces/{{}}/roles",
    "RoleBinding": f"{_RBAC}/namespaces/{{}}/rolebindings",
}
# Traefik Mesh makes a Service for each that it leads to (pkg/controller/service.go, 1.4.8).
_SHADOWS = "app=maesh,type=shadow"


def clean(cluster: Cluster, release: MeshRelease) -> list[str]:
    """Removes whatever is left of a release that Helm no longer knows. Returns what was removed, a line each."""
    gone = restore_dns(cluster, release.namespace)
    for kind, path, name in _found(cluster, release):
        if cluster.delete(f"{path}/{name}"):
            gone.append(f"{kind} {name}")
    for crd in devkit_crds(cluster, release):
        name = crd["metadata"]["name"]
        if in_use := _objects(cluster, crd):
            gone.append(f"not {name}: {in_use} of your objects are of that kind (kubectl delete crd {name})")
        elif cluster.delete(f"{CRDS}/{name}"):
            gone.append(f"CustomResourceDefinition {name}")
    return gone


def devkit_crds(cluster: Cluster, release: MeshRelease) -> list[Json]:
    """The custom resource definitions that `devkit mesh install` brought."""
    query = [("labelSelector", f"{MANAGED}=devkit,{PART_OF}={release.release}")]
    found: list[Json] = cluster.get(CRDS, query).get("items", [])
    return found


def remove_hooks(cluster: Cluster, manifests: Iterable[str], namespace: str) -> list[str]:
    """Deletes what a release's hooks made and did not delete themselves."""
    gone = []
    for each in (document for manifest in manifests for document in documents(manifest)):
        kind, name = each.get("kind", ""), each.get("metadata", {}).get("name", "")
        path = _WIDE.get(kind) or _INSIDE.get(kind, "").format(namespace)
        if path and name and cluster.delete(f"{path}/{name}"):
            gone.append(f"{kind} {name}")
    return gone


def _found(cluster: Cluster, release: MeshRelease) -> Iterator[tuple[str, str, str]]:
    """Kind, collection and name of each object that says it belongs to the release."""
    for kind, path in [*_WIDE.items(), *((k, p.format(release.namespace)) for k, p in _INSIDE.items())]:
        found = cluster.find(path, [("labelSelector", f"{MANAGED}=Helm")]) or {}
        for item in found.get("items", []):
            notes = item["metadata"].get("annotations") or {}
            named = (notes.get("meta.helm.sh/release-name"), notes.get("meta.helm.sh/release-namespace"))
            if named == (release.release, release.namespace):
                yield kind, path, item["metadata"]["name"]
    services = _INSIDE["Service"].format(release.namespace)
    for item in (cluster.find(services, [("labelSelector", _SHADOWS)]) or {}).get("items", []):
        yield "Service", services, item["metadata"]["name"]


def _objects(cluster: Cluster, crd: Json) -> int:
    """How many objects of a kind there are."""
    group, plural = crd["spec"]["group"], crd["spec"]["names"]["plural"]
    served = next((v["name"] for v in crd["spec"]["versions"] if v.get("served")), None)
    if served is None:
        return 0
    try:
        found = cluster.find(f"/apis/{group}/{served}/{plural}") or {}
    except DevkitError:  # it is on its way out
        return 0
    return len(found.get("items", []))
