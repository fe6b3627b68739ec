"""Table → every file that devkit owns whole, in memory. The same table gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from devkit.model import Table
from devkit.render.environment import Environments, in_cluster, on_host
from devkit.render.manifest import manifest_of, table_values
from devkit.render.marker import with_marker
from devkit.render.names import manifest_path
from devkit.render.overrides_schema import overrides_schema
from devkit.render.reference import configuration_reference, env_example
from devkit.render.staging import staging_files
from devkit.render.templates import fill
from devkit.table.schema import schema_with
from devkit.types.registry import every_type

__all__ = ["owned_folders", "render", "render_manifests"]

_FOLDERS = ("", "dev", "docs", "docs/05-deployment", "docs/images", "k8s/dev")


def owned_folders(table: Table) -> tuple[str, ...]:
    """Folders that hold rendered files. A file there that carries our marker and is no longer rendered is removed."""
    return (*_FOLDERS, table.staging.folder) if table.staging else _FOLDERS


def render_manifests(table: Table) -> dict[str, bytes]:
    """What is applied to a cluster, the Secret excepted, by path."""
    cluster = in_cluster(table)
    return _manifests(cluster, table_values(cluster))


def _manifests(cluster: Environments, shared: Mapping[str, Any]) -> dict[str, bytes]:
    texts = {
        "k8s/dev/namespace.yaml": fill("k8s/dev/namespace.yaml.j2", **shared),
        "k8s/dev/configmap.yaml": fill("k8s/dev/configmap.yaml.j2", **shared),
    }
    services = cluster.table.services
    texts |= {manifest_path(name): manifest_of(cluster, shared, s) for name, s in services.items()}
    return {path: with_marker(path, texts[path]) for path in sorted(texts)}


def render(table: Table) -> dict[str, bytes]:
    """Every owned file by its path from the root, with `/` on every system."""
    from devkit.render.graph.page import pictures  # `devkit plan` needs none

    cluster = in_cluster(table)
    shared = table_values(cluster)
    texts = {
        "k8s/dev/secret.yaml.example": fill(
            "k8s/dev/secret.yaml.example.j2", **shared, derived_secrets=cluster.default_connection_urls()
        ),
        "dev/services.schema.json": json.dumps(schema_with(every_type()), indent=2, ensure_ascii=False)
        + "\n",
        "dev/tilt_config.schema.json": overrides_schema(table),
        ".env.example": env_example(on_host(table)),
        "docs/05-deployment/configuration-reference.md": configuration_reference(cluster),
    }
    texts |= pictures(table) | staging_files(table)
    files = _manifests(cluster, shared) | {path: with_marker(path, text) for path, text in texts.items()}
    return {path: files[path] for path in sorted(files)}
