"""Where webhooks go, whatever runs the platform."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.base.errors import DevkitError, ExitCode
from devkit.table.model import Service, Table, Webhook

__all__ = ["WebhookTarget", "route"]


@dataclass(frozen=True)
class WebhookTarget:
    """Where a provider's webhooks go, and the secret that proves them (not to be shown)."""

    url: str
    secret: str


def route(table: Table, provider: str) -> tuple[Service, Webhook]:
    """The service that takes a provider's webhooks, and how. Raises DevkitError (exit 2) when the table routes none."""
    routes = [(service, hook) for service in table.services.values() for hook in service.webhooks.values()]
    for service, hook in routes:
        if hook.provider == provider:
            return service, hook
    raise DevkitError(
        f"the table routes no webhooks of {provider}",
        hint=f"providers in it: {', '.join(hook.provider for _, hook in routes) or 'none'}",
        exit_code=ExitCode.USAGE,
    )
