"""Manifests that say which clone they are of. They are never committed: the files are the same in every clone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devkit.model import Table
from devkit.render.environment import in_cluster
from devkit.render.manifest import table_values
from devkit.render.marker import with_marker
from devkit.render.templates import fill

__all__ = ["Claim", "claimed_manifests"]

_PATHS = ("k8s/dev/namespace.yaml", "k8s/dev/configmap.yaml")


@dataclass(frozen=True)
class Claim:
    """The `annotations` of the namespace and the `variables` of every service by which they are one clone's."""

    annotations: Mapping[str, str]
    variables: Mapping[str, str]


def claimed_manifests(table: Table, claim: Claim) -> dict[str, bytes]:
    """The manifests that carry a claim, by path."""
    values = table_values(in_cluster(table)) | {"claim": claim}
    return {path: with_marker(path, fill(f"{path}.j2", **values)) for path in _PATHS}
