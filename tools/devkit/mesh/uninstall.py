"""Taking the mesh away, with everything that it left where Helm does not look."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.cluster.client import Cluster
from devkit.cluster.namespace import delete_namespace
from devkit.mesh.helm import Helm
from devkit.mesh.leftovers import MANAGED, PART_OF, clean, remove_hooks
from devkit.model import MeshRelease

__all__ = ["uninstall"]

_TIMEOUT = 120  # seconds, for Helm and again for what its hooks do


def uninstall(cluster: Cluster, helm: Helm, release: MeshRelease) -> list[str]:
    """Removes the release and all that is left of it. Returns what was removed, a line each; empty when there was
    nothing. A hook that fails does not hold it up: what hooks would have fixed is fixed here."""
    gone: list[str] = []
    found = helm.release(release.release, release.namespace)
    if found is not None:
        at = [release.release, "--namespace", release.namespace, "--timeout", f"{_TIMEOUT}s"]
        try:
            helm.answer("uninstall", *at, "--wait", seconds=2 * _TIMEOUT + 60)
        except DevkitError:
            if helm.release(release.release, release.namespace) is not None:
                helm.answer("uninstall", *at, "--no-hooks", seconds=_TIMEOUT + 60)
        gone.append(f"release {release.release} ({found.chart})")
        gone += remove_hooks(cluster, found.hooks, release.namespace)
    gone += clean(cluster, release)
    made = cluster.find(f"/api/v1/namespaces/{release.namespace}") if release.separate_namespace else None
    labels = (made or {}).get("metadata", {}).get("labels") or {}
    if (labels.get(MANAGED), labels.get(PART_OF)) == ("devkit", release.release):
        delete_namespace(cluster, release.namespace)
        gone.append(f"namespace {release.namespace}")
    return gone
