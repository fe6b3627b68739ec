"""A namespace as a whole: whether it is there, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devkit.base.errors import DevkitError
from devkit.cluster.wait import Progress, wait_until

if TYPE_CHECKING:
    from devkit.cluster.client import Cluster, Json

__all__ = [
    "annotate_namespace",
    "delete_namespace",
    "namespace_annotations",
    "namespace_exists",
    "what_holds",
]

# Conditions of a namespace that name what holds it, in the order in which they help.
_HOLDERS = (
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
)


def namespace_exists(cluster: Cluster, name: str) -> bool:
    """Whether it is there and not on its way out."""
    found = cluster.find(_path(name))
    return found is not None and found.get("status", {}).get("phase") != "Terminating"


def namespace_annotations(cluster: Cluster, name: str, *, seconds: float | None = None) -> dict[str, str]:
    """Its annotations; none when it is not there. `seconds`: as for `Cluster.find`."""
    found = cluster.find(_path(name), seconds=seconds) or {}
    return dict(found.get("metadata", {}).get("annotations") or {})


def annotate_namespace(cluster: Cluster, name: str, annotations: Mapping[str, str]) -> bool:
    """Lays annotations over those that it has. Whether it is there."""
    if cluster.find(_path(name)) is None:
        return False
    cluster.patch(_path(name), {"metadata": {"annotations": dict(annotations)}})
    return True


def delete_namespace(
    cluster: Cluster, name: str, deadline: float = 120.0, progress: Progress | None = None
) -> bool:
    """Deletes a namespace with all that is in it and waits until it is gone. False when there was none.

    Raises DevkitError (exit 1) after `deadline` seconds, naming what holds it. Its deletion continues.
    """
    if not cluster.delete(_path(name)):
        return False

    def check() -> str | None:
        found = cluster.find(_path(name))
        return None if found is None else what_holds(found)

    def failed(reason: str) -> DevkitError:
        return DevkitError(
            f"namespace {name} is still there after {deadline:.0f} s: {reason}",
            fix="what is named holds it with a finalizer: start its controller, or remove the finalizer (kubectl edit)",
        )

    wait_until(check, deadline, failed, progress)
    return True


def what_holds(namespace: Json) -> str:
    """What keeps a terminating namespace, in the API server's own words."""
    conditions: list[Json] = namespace.get("status", {}).get("conditions") or []
    holding = {c["type"]: str(c.get("message", "")) for c in conditions if c.get("status") == "True"}
    named = [holding[kind] for kind in _HOLDERS if holding.get(kind)]
    if named:
        return "; ".join(named)
    finalizers = namespace["metadata"].get("finalizers") or []
    return f"its own finalizers {', '.join(finalizers)}" if finalizers else "its contents are being deleted"


def _path(name: str) -> str:
    return f"/api/v1/namespaces/{name}"
