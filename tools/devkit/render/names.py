"""What rendered things are called. Nothing here loads a template engine."""

from __future__ import annotations

from devkit.model import Service, Table

__all__ = [
    "CONFIG_NAME",
    "SECRET_NAME",
    "SERVICE_CONFIG_NAME",
    "component",
    "image_name",
    "manifest_path",
    "probe_port",
]

CONFIG_NAME = "app-config"
SERVICE_CONFIG_NAME = "service-config"
SECRET_NAME = "app-secrets"  # noqa: S105  the object's name


def component(service: Service) -> str:
    """The group that a service is shown in, in Tilt and in its labels."""
    return service.group


def image_name(table: Table, service: Service) -> str:
    """The image a service runs: its own, or the one that is built from this repository."""
    return service.type.container.image(service, table.image_prefix)


def manifest_path(service: str) -> str:
    """Where a service's manifest is."""
    return f"k8s/dev/{service}.yaml"


def probe_port(service: Service) -> int:
    """The port in a pod at which `devserve` answers its probes; one that the service itself does not use."""
    return next(port for port in range(8400, 8403) if port not in (service.port, service.debug_port))
