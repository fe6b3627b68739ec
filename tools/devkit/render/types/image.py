"""Type image: a ready-made image."""

from __future__ import annotations

from devkit.render.types.shared import fill_manifest
from devkit.table.model import Service, Table

__all__ = ["manifest"]


def manifest(table: Table, service: Service) -> str:
    """Deployment and Service; a namespace reader also gets its ServiceAccount and Role."""
    return fill_manifest("k8s/dev/image.yaml.j2", table, service)
