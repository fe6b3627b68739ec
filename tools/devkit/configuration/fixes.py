"""Which variable of the table takes the place of an address in code."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["address_fix"]

_MADE = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
_SAYS_WHAT = re.compile(r"(?:^|_)(?:urls?|uri|dsn|endpoint|origin|hosts?|hostname)$")


def address_fix(host: str, bound: str, services: Collection[str], owner: str, scheme: str = "") -> str:
    """What to do about an address: a called service's and a database's variable is made by devkit, any other is declared.

    `bound` is the name that the address is given to, in snake case; `owner` where a variable would be declared.
    """
    service = host.partition(".")[0]
    for kind, variable in _MADE.items():
        if scheme.lower().startswith(kind):
            return f"read {variable}, which devkit makes for who names the server in `needs` in dev/services.yaml"
    if service in services:
        variable = f"{service.replace('-', '_').upper()}_URL"
        return f"name `{service}` in `calls` of {owner} in dev/services.yaml, and read {variable}"
    return f"declare `{_name(host, bound)}` in `env` of {owner} in dev/services.yaml, and read it"


def _name(host: str, bound: str) -> str:
    """`STRIPE_URL` for `api.stripe.com`, unless the code has a name for it."""
    if _SAYS_WHAT.search(bound) and "_" in bound:
        return bound.upper()
    labels = [label for label in host.split(".") if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", label)]
    label = labels[-2] if len(labels) > 1 else "" if labels in ([], ["localhost"]) else labels[0]
    return f"{label.replace('-', '_').upper() or bound.upper() or 'SOME'}_URL".replace("_URL_URL", "_URL")
