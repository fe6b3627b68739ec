"""A Secret of the cluster, read back as text."""

from __future__ import annotations

import base64

from devkit.cluster.client import Cluster

__all__ = ["secret_values"]


def secret_values(cluster: Cluster, namespace: str, name: str) -> dict[str, str] | None:
    """The Secret's values by key (not to be shown); None when there is no such Secret."""
    found = cluster.find(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    if found is None:
        return None
    return {
        key: base64.b64decode(value).decode("utf-8", "replace")
        for key, value in (found.get("data") or {}).items()
    }
