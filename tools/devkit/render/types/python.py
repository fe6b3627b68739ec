"""Type python: a FastAPI service that is built from this repository."""

from __future__ import annotations

from devkit.render.types.shared import fill_manifest
from devkit.table.model import Service, Table

__all__ = ["manifest"]


def manifest(table: Table, service: Service) -> str:
    """Deployment and Service."""
    return fill_manifest("k8s/dev/python.yaml.j2", table, service)
