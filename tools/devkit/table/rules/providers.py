"""Webhook providers that the repository describes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import signatures

from devkit.findings.model import Finding
from devkit.model import WebhookProvider
from devkit.table.rules.context import Rule, RuleContext, suggestion
from devkit.table.source_map import Path, error

__all__ = ["COMMANDS", "RULES"]

# `devkit webhook list` and its siblings: a provider of that name could not be called.
COMMANDS = ("captures", "list", "listen", "replay", "send", "story", "suite", "verify")

# What every request has already, or what frames it.
_OF_HTTP = frozenset(
    {"accept", "connection", "content-encoding", "content-length", "content-type", "expect", "host", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "user-agent"}
)  # fmt: skip
_PART = re.compile(r"\{(.*?)\}")
_PARTS = ("body", "timestamp", "id")


def _providers(context: RuleContext) -> Iterator[tuple[Path, WebhookProvider]]:
    for provider in context.table.webhook_providers.values():
        yield ("webhook_providers", provider.name), provider


def name_taken(context: RuleContext) -> Iterator[Finding]:
    for path, provider in _providers(context):
        if provider.name in COMMANDS:
            message = f"`{provider.name}` is a command (`devkit webhook {provider.name}`)"
            yield error("reserved-name", message, context.source_map.key(*path), "choose another name")
        elif provider.name in (*signatures.names(), "generic"):
            message = f"devkit has a built-in provider `{provider.name}`"
            fix = "delete this one, or choose another name"
            yield error("reserved-name", message, context.source_map.key(*path), fix)


def header_taken(context: RuleContext) -> Iterator[Finding]:
    """Each header carries one thing, and none that HTTP needs."""
    for path, provider in _providers(context):
        seen: set[str] = set()
        for name, where in (
            (provider.header, ("header",)),
            (provider.timestamp_header, ("timestamp", "header")),
            (provider.id_header, ("id", "header")),
            (provider.topic_header, ("topic", "header")),
        ):
            place = context.source_map.value(*path, *where)
            if name.lower() in _OF_HTTP:
                message = f"`{name}` has a fixed meaning in every request"
                yield error("bad-header", message, place, "name the provider's own header")
            elif name and name.lower() in seen:
                message = f"`{name}` carries something else already"
                yield error("bad-header", message, place, "name another header")
            seen.add(name.lower())


def signed_parts(context: RuleContext) -> Iterator[Finding]:
    """What is signed has the body in it, and nothing that no request carries."""
    for path, provider in _providers(context):
        place = context.source_map.value(*path, "signed")
        parts = _PART.findall(provider.signed)
        for part in dict.fromkeys(parts):
            if part not in _PARTS:
                message = f"`signed` holds `{{{part}}}`, which is not part of a request"
                yield error("bad-value", message, place, suggestion(part, list(_PARTS)))
            elif (part == "timestamp" and not provider.timestamp_header) or (
                part == "id" and not provider.id_header
            ):
                message = f"`signed` holds `{{{part}}}`, and no header carries it"
                yield error("bad-value", message, place, f"add `{part}: {{header: …}}`")
        if parts.count("body") != 1:
            said = "no" if "body" not in parts else "more than one"
            fix = "write it once: what is not signed can be changed by anybody"
            yield error("bad-value", f"`signed` has {said} `{{body}}`", place, fix)


RULES: tuple[Rule, ...] = (name_taken, header_taken, signed_parts)
