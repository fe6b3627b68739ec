"""One file a provider, and their register: devkit's own, those of the repository's table, those of installed packages."""

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import Table
from devkit.webhooks.plugins import Broken, installed
from devkit.webhooks.provider import Provider
from devkit.webhooks.providers.generic import described
from devkit.webhooks.providers.github import GITHUB
from devkit.webhooks.providers.sendcloud import SENDCLOUD
from devkit.webhooks.providers.shopify import SHOPIFY
from devkit.webhooks.providers.simplyprint import SIMPLYPRINT
from devkit.webhooks.providers.standard_webhooks import STANDARD_WEBHOOKS
from devkit.webhooks.providers.stripe import STRIPE
from devkit.webhooks.suggest import no_provider

__all__ = ["broken", "provider", "providers"]

_BUILT_IN = {each.name: each for each in (SHOPIFY, SIMPLYPRINT, SENDCLOUD, STANDARD_WEBHOOKS, GITHUB, STRIPE)}


def providers(table: Table | None = None) -> tuple[Provider, ...]:
    """All of them: devkit's own first, then the table's, then those of packages."""
    known = _known(table)
    return (*known.values(), *installed(known)[0].values())


def broken(table: Table | None = None) -> tuple[Broken, ...]:
    """What installed packages offer and nobody can use."""
    return installed(_known(table))[1]


def provider(name: str, table: Table | None = None) -> Provider:
    """A provider by name. Raises DevkitError (exit 2) for one that is unknown, or broken."""
    known = _known(table)
    if name in known:
        return known[name]
    others, unusable = installed(known)
    if name in others:
        return others[name]
    for each in unusable:
        if each.name == name:
            raise DevkitError(str(each), fix=f"fix or uninstall {each.package}", exit_code=ExitCode.USAGE)
    raise no_provider(name, (*known.values(), *others.values()))


def _known(table: Table | None) -> dict[str, Provider]:
    return _BUILT_IN | {
        row.name: described(row) for row in (table.webhook_providers.values() if table else ())
    }
