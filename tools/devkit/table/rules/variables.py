"""Variables: each name has one source, and none breaks the process that gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.model import WEBHOOK_ROUTES, Service
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error
from devkit.types.registry import BUILT_IN

__all__ = ["RULES"]

_PROCESS = {"PATH", "HOME", "USER", "SHELL", "PWD", "LANG", "HOSTNAME", "TMPDIR", "TERM"}
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)")
_PROCESS_PREFIXES = ("PYTHON", "LD_", "DYLD_", "KUBERNETES_", "DEVKIT_")


def _derived(context: RuleContext, service: Service) -> dict[str, str]:
    """Variables that devkit computes for a service, and from what."""
    services = context.table.services
    names = {services[name].url_variable: f"`calls: {name}`" for name in service.calls if name in services}
    if variable := service.type.environment.port_variable:
        names |= {variable: "`port`"}
    if service.webhooks:
        names |= {WEBHOOK_ROUTES: "`webhooks`"}
    names |= dict.fromkeys(service.type.environment.reserved, f"the type {service.type.name}")
    return names | _connections()


def _connections() -> dict[str, str]:
    """Connection URLs, whether or not the table has such a server."""
    made = ((kind, kind.environment.connection) for kind in BUILT_IN.values())
    return {
        connection.variable: f"the service of type {kind.name}" for kind, connection in made if connection
    }


def shadows_derived(context: RuleContext) -> Iterator[Finding]:
    everywhere = {"APP_PORT": "`port`"}
    for service in context.table.services.values():
        everywhere |= _derived(context, service)
    for path, owner, variable in context.variables():
        derived = everywhere if owner is None else _derived(context, owner)
        if variable.name in derived:
            message = f"`{variable.name}` is made by devkit, from {derived[variable.name]}"
            yield error("shadows-derived", message, context.source_map.key(*path), "delete it")
    for name, secret in context.table.secrets.items():
        if name in everywhere:
            message = f"`{name}` is made by devkit, from {everywhere[name]}"
            yield error("shadows-derived", message, secret.place, "delete it")


def reserved_variable(context: RuleContext) -> Iterator[Finding]:
    for path, _, variable in context.variables():
        if variable.name in _PROCESS or variable.name.startswith(_PROCESS_PREFIXES):
            message = f"`{variable.name}` belongs to the process, not to the platform"
            yield error("reserved-variable", message, context.source_map.key(*path), "choose another name")


def secret_and_variable(context: RuleContext) -> Iterator[Finding]:
    secrets = context.secret_names()
    for path, _, variable in context.variables():
        if variable.name in secrets:
            line = context.source_map.key("secrets", variable.name).line
            message = f"`{variable.name}` is a variable here and a secret in line {line}"
            yield error("secret-and-variable", message, context.source_map.key(*path), "keep one of the two")


def printable_value(context: RuleContext) -> Iterator[Finding]:
    """A value is one line: `.env` files, shells and process tables know no other."""
    for path, _, variable in context.variables():
        for key in ("default", "debug", "staging"):
            if not (getattr(variable, key) or "").isprintable():
                message = f"`{key}` of `{variable.name}` holds a line break or a control character"
                yield error(
                    "unprintable-value", message, context.source_map.value(*path, key), "write one line"
                )
    for name, secret in context.table.secrets.items():
        if not (secret.default or "").isprintable():
            place = context.source_map.value("secrets", name, "default")
            message = f"`default` of `{name}` holds a line break or a control character"
            yield error("unprintable-value", message, place, "write one line")


def undeclared_reference(context: RuleContext) -> Iterator[Finding]:
    """`${NAME}` in a `staging` value is filled in by who deploys, and the reference is what tells them of NAME."""
    known = {variable.name for _, _, variable in context.variables()} | set(context.secret_names())
    known |= set(context.table.staging.variables if context.table.staging else ())
    for service in context.table.services.values():
        known |= {service.url_variable, *_derived(context, service)}
    for path, _, variable in context.variables():
        for name in _REFERENCE.findall(variable.staging or ""):
            if name not in known and context.complete:
                message = (
                    f"`staging` of `{variable.name}` refers to `{name}`, which this table does not declare"
                )
                fix = f"declare `{name}` where it is read or in `staging.variables`, or write its value"
                yield error("undeclared-reference", message, context.source_map.value(*path, "staging"), fix)


RULES: tuple[Rule, ...] = (
    shadows_derived,
    reserved_variable,
    secret_and_variable,
    printable_value,
    undeclared_reference,
)
