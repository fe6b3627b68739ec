"""Secrets: declared once, used by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from devkit.findings.model import Finding
from devkit.model import Service
from devkit.table.rules.context import Rule, RuleContext, suggestion
from devkit.table.source_map import error

__all__ = ["RULES"]


def unknown_secret(context: RuleContext) -> Iterator[Finding]:
    declared = context.secret_names()
    for service in context.table.services.values():
        named = list(context.items(service, "secrets"))
        named += [(("services", service.name, key), name) for key, name in _named_by_options(service)]
        for path, name in named:
            if name not in declared:
                message = f"`{name}` is not a secret of this table"
                yield error("unknown-secret", message, context.source_map.value(*path), _fix(name, declared))


def _named_by_options(service: Service) -> Iterator[tuple[str, str]]:
    """Secrets that keys of its type name."""
    for key in service.type.keys.secrets:
        if key in service.options:
            yield key, str(service.options[key])


def _fix(name: str, declared: Collection[str]) -> str:
    near = suggestion(name, declared)
    return near if near.startswith("did you mean") else f"declare it below `secrets:`; {near}"


def unused_secret(context: RuleContext) -> Iterator[Finding]:
    if not context.complete:
        return
    services = context.table.services.values()
    used = {name for s in services for name in (*s.secrets, *(name for _, name in _named_by_options(s)))}
    for name, secret in context.table.secrets.items():
        if name not in used:
            message = f"no service uses the secret `{name}`"
            fix = "delete it, or name it in a service's `secrets`"
            yield error("unused-secret", message, secret.place, fix)


def white_secret(context: RuleContext) -> Iterator[Finding]:
    for name, secret in context.table.secrets.items():
        if secret.default and not secret.default.strip():
            message = f"the `default` of `{name}` is white space only, which is not a secret"
            place = context.source_map.value("secrets", name, "default")
            yield error("white-secret", message, place, "write a value, or `generate: 32` instead")


RULES: tuple[Rule, ...] = (unknown_secret, unused_secret, white_secret)
