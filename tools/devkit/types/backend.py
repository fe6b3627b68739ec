"""What the types of services that are written in this repository and called over HTTP have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devkit.model import Service, VerifySite

__all__ = ["REQUIRED", "ROW", "SPEAKS", "TAKES", "ask"]

# Of the keys that the schema describes.
TAKES = (
    "debug_port", "probes", "needs", "calls", "env", "secrets", "webhooks", "path", "dockerfile", "restart", "stand_in", "mesh", "sticky_cookie",
)  # fmt: skip
REQUIRED = ("debug_port", "probes")
# What the templates of a new service answer.
ROW: Mapping[str, Any] = {"probes": {"live": "/health/live", "ready": "/health/ready"}}

SPEAKS = "live, ready, and the right service"


def ask(site: VerifySite, service: Service) -> str:
    """Live and ready, and it is this service that says so."""
    from devkit.types.answers import ask_health  # with an HTTP client, which reading the table needs not

    return ask_health(site, service)
