"""Webhook routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.model import Webhook
from devkit.table.rules.context import Rule, RuleContext, suggestion
from devkit.table.rules.providers import COMMANDS
from devkit.table.source_map import Path, error
from devkit.table.words import listed
from devkit.types.registry import BUILT_IN

__all__ = ["RULES"]

_UNSAFE = re.compile(r"[^A-Za-z0-9/_.~-]")


def _routes(context: RuleContext) -> Iterator[tuple[Path, Webhook]]:
    for service in context.table.services.values():
        for provider, webhook in service.webhooks.items():
            yield ("services", service.name, "webhooks", provider), webhook


def reserved_provider(context: RuleContext) -> Iterator[Finding]:
    for path, webhook in _routes(context):
        if webhook.provider in COMMANDS:
            message = f"`{webhook.provider}` is a command (`devkit webhook {webhook.provider}`)"
            yield error("reserved-name", message, context.source_map.key(*path), "choose another name")


def duplicate_route(context: RuleContext) -> Iterator[Finding]:
    paths: dict[str, Webhook] = {}
    providers: dict[str, Webhook] = {}
    for path, webhook in _routes(context):
        for key, seen, where in (
            (webhook.path, paths, context.source_map.value(*path, "path")),
            (webhook.provider, providers, context.source_map.key(*path)),
        ):
            if key in seen:
                message = f"`{key}` is already taken in line {seen[key].place.line}"
                yield error("duplicate-webhook", message, where, "give each provider its own path")
            seen.setdefault(key, webhook)


def safe_route(context: RuleContext) -> Iterator[Finding]:
    """A path that means the same to every proxy, and at which nothing else answers."""
    for path, webhook in _routes(context):
        place = context.source_map.value(*path, "path")
        probes = context.table.services[str(path[1])].probes
        unsafe = sorted(set(_UNSAFE.findall(webhook.path)))
        if unsafe:
            message = f"`path` {webhook.path} holds {listed(unsafe)}"
            fix = "write it with letters, digits and `/`, `_`, `.`, `~`, `-` alone"
            yield error("bad-path", message, place, fix)
        for kind in ("live", "ready"):
            if probes is not None and webhook.path == getattr(probes, kind):
                message = f"`path` {webhook.path} is the service's own probe `{kind}`"
                yield error("duplicate-webhook", message, place, "give the webhook another path")


def unknown_target(context: RuleContext) -> Iterator[Finding]:
    for path, webhook in _routes(context):
        place = context.source_map.value(*path, "to")
        target = context.table.services.get(webhook.to)
        owner = context.table.services[str(path[1])]
        if webhook.to not in context.service_names():
            others = [name for name in context.service_names() if name != owner.name]
            message = f"`to` names `{webhook.to}`, which is not a service"
            yield error("unknown-service", message, place, suggestion(webhook.to, others))
        elif webhook.to == owner.name:
            message = f"`{owner.name}` hands the webhook to itself"
            yield error("bad-target", message, place, "name the service that owns it, or delete the webhook")
        elif target is not None and not target.type.takes_webhooks:
            message = f"`to` names `{webhook.to}`, which is of type {target.type.name}"
            yield error("bad-target", message, place, f"hand the webhook to a service of type {_takers()}")
        elif target is not None and webhook.to not in owner.calls:
            message = f"`{owner.name}` hands webhooks to `{webhook.to}` and does not call it"
            yield error("bad-target", message, place, f"add `{webhook.to}` to `calls` of `{owner.name}`")


def _takers() -> str:
    return " or ".join(kind.name for kind in BUILT_IN.values() if kind.takes_webhooks)


def secret_not_given(context: RuleContext) -> Iterator[Finding]:
    for path, webhook in _routes(context):
        place = context.source_map.value(*path, "secret")
        owner = context.table.services[str(path[1])]
        if webhook.secret not in context.secret_names():
            message = f"`{webhook.secret}` is not a secret of this table"
            yield error("unknown-secret", message, place, suggestion(webhook.secret, context.secret_names()))
        elif webhook.secret not in owner.secrets:
            message = f"`{owner.name}` verifies webhooks with `{webhook.secret}` but does not get it"
            fix = f"add `{webhook.secret}` to `secrets` of `{owner.name}`"
            yield error("missing-secret", message, place, fix)


def unknown_previous(context: RuleContext) -> Iterator[Finding]:
    for path, webhook in _routes(context):
        if webhook.previous is None:
            continue
        place = context.source_map.value(*path, "previous")
        owner = context.table.services[str(path[1])]
        secret = context.table.secrets.get(webhook.previous)
        if webhook.previous not in context.secret_names():
            message = f"`{webhook.previous}` is not a secret of this table"
            yield error(
                "unknown-secret", message, place, suggestion(webhook.previous, context.secret_names())
            )
        elif webhook.previous not in owner.secrets:
            message = f"`{owner.name}` accepts webhooks signed with `{webhook.previous}` but does not get it"
            yield error(
                "missing-secret", message, place, f"add `{webhook.previous}` to `secrets` of `{owner.name}`"
            )
        elif secret is not None and not secret.optional:
            message = f"`{webhook.previous}` is always there, but a previous secret is not"
            yield error("bad-previous", message, place, f"give `{webhook.previous}` `optional: true`")


RULES: tuple[Rule, ...] = (
    reserved_provider,
    duplicate_route,
    safe_route,
    unknown_target,
    secret_not_given,
    unknown_previous,
)
