"""Whose the namespace in the cluster is: two clones of one repository name the same."""

from __future__ import annotations

from pathlib import Path

from devkit.base.clone import Clone, bind_clone, is_ours
from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.client import Cluster, connect
from devkit.cluster.kubeconfig import KubeContext
from devkit.cluster.namespace import annotate_namespace, namespace_annotations
from devkit.model import Table

__all__ = ["claim_namespace", "claims", "refuse_anothers_namespace", "require_ours"]

# On the namespace.
_CLONE, _PATH = "devkit/clone", "devkit/path"
# Seconds for a cluster of which nothing else is wanted yet.
_SOON = 5.0


def claims(clone: Clone) -> dict[str, str]:
    """The annotations by which a namespace is a clone's."""
    return {_CLONE: clone.mark, _PATH: clone.path}


def require_ours(root: Path, cluster: Cluster, namespace: str, *, seconds: float | None = None) -> None:
    """Raises DevkitError (exit 5) when the namespace is another clone's. One that says nothing may be used: `tilt up` by hand,
    or an older devkit, made it."""
    found = namespace_annotations(cluster, namespace, seconds=seconds)
    mark = found.get(_CLONE)
    if mark and not is_ours(root, mark):
        raise DevkitError(
            f"namespace {namespace} in context {cluster.context.name} is the platform of {found.get(_PATH, mark)}",
            fix="./devkit reset there deletes it; ./devkit up --take-over makes it this clone's",
            exit_code=ExitCode.REFUSED,
        )


def refuse_anothers_namespace(root: Path, table: Table, context: KubeContext) -> None:
    """As `require_ours`; a cluster that does not answer is Tilt's to tell of."""
    try:
        require_ours(root, connect(context), table.namespace, seconds=_SOON)
    except DevkitError as problem:
        if problem.exit_code is not ExitCode.CLUSTER_UNREACHABLE:
            raise


def claim_namespace(root: Path, cluster: Cluster, namespace: str) -> None:
    """Makes a namespace that is there this clone's."""
    annotate_namespace(cluster, namespace, claims(bind_clone(root)))
