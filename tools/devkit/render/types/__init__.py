"""One module a service type, named after it. Each offers `manifest(table, service) -> str`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from devkit.table.model import Service, Table

__all__ = ["manifest_of"]


def manifest_of(table: Table, service: Service) -> str:
    """The Kubernetes manifest of a service, for development."""
    module = importlib.import_module(f"{__name__}.{service.type.value}")
    manifest = cast(Callable[[Table, Service], str], module.manifest)
    return manifest(table, service)
