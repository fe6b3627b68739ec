"""Where webhooks go, whatever runs the platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import Service, Table, Webhook

__all__ = ["WebhookTarget", "find_route", "require_secret", "route"]


@dataclass(frozen=True)
class WebhookTarget:
    """Where a provider's webhooks go, and the secret that signs them (not to be shown). `require` raises DevkitError (exit 5)
    unless what takes them there is this clone's platform; nothing is sent before it was called."""

    url: str
    secret: str = field(repr=False)
    require: Callable[[], None] = lambda: None


def find_route(table: Table, provider: str) -> tuple[Service, Webhook] | None:
    """The service that takes a provider's webhooks, and how; None when the table routes none."""
    for service in table.services.values():
        for hook in service.webhooks.values():
            if hook.provider == provider:
                return service, hook
    return None


def route(table: Table, provider: str) -> tuple[Service, Webhook]:
    """As `find_route`. Raises DevkitError (exit 2) when the table routes none, with the line that it lacks."""
    if found := find_route(table, provider):
        return found
    raise DevkitError(
        f"the table routes no webhooks of {provider}",
        fix=f"under a service's `webhooks:` in dev/services.yaml: "
        f"{provider}: {{path: /webhooks/{provider}, to: SERVICE, secret: NAME}}",
        exit_code=ExitCode.USAGE,
    )


def require_secret(name: str, value: str) -> str:
    """The value. Raises DevkitError (exit 2) when it is blank."""
    if value.strip():
        return value
    raise DevkitError(
        f"{name} is {'white space only' if value else 'empty'}: nothing can be signed with it",
        fix=f"./devkit secrets set {name}",
        exit_code=ExitCode.USAGE,
    )
