"""What a service's labels tell Traefik: routers, and services of Traefik's that balance between its copies. Nothing where
`traefik.enable` is false."""

from __future__ import annotations

import re

from devkit.compose.audit.stack import Service
from devkit.compose.model import Node

__all__ = ["balancers_of", "routers_of"]

_ROUTER = re.compile(r"traefik\.http\.routers\.([^.]+)\.(.+)", re.IGNORECASE)
_BALANCER = re.compile(r"traefik\.http\.services\.([^.]+)\.loadbalancer\.(.+)", re.IGNORECASE)


def routers_of(service: Service) -> dict[str, dict[str, Node]]:
    """Routers by name, each with its settings (`rule`, `tls.certresolver`) in lower case."""
    return _settings(service, _ROUTER)


def balancers_of(service: Service) -> dict[str, dict[str, Node]]:
    """Traefik's services by name, each with its settings (`server.port`, `healthcheck.path`) in lower case."""
    return _settings(service, _BALANCER)


def _settings(service: Service, form: re.Pattern[str]) -> dict[str, dict[str, Node]]:
    found: dict[str, dict[str, Node]] = {}
    if service.text("labels", "traefik.enable").lower() == "false":
        return found
    for label, node in service.labels.items():
        if match := form.fullmatch(label):
            found.setdefault(match[1], {})[match[2].lower()] = node
    return found
