"""Type postgres: the database, on a volume that outlives `tilt down`."""

from __future__ import annotations

from devkit.render.types.shared import fill_manifest
from devkit.table.model import Service, Table

__all__ = ["manifest"]


def manifest(table: Table, service: Service) -> str:
    """Volume claim, Deployment and Service."""
    ready = ["pg_isready", "-h", "127.0.0.1", "-U", service.user, "-d", service.database]
    return fill_manifest("k8s/dev/postgres.yaml.j2", table, service, ready_command=ready)
