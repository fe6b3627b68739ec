"""Names of services and of the namespace."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error
from devkit.types.registry import BUILT_IN

__all__ = ["RULES"]

# Host names with another meaning in a cluster or on this machine, and words of devkit's own command line.
_RESERVED = {
    "kubernetes": "it is the cluster's own Service",
    "localhost": "it is this machine",
    "default": "it is a namespace's own ServiceAccount",
    "host": "it is a word of the network's",
    "all": "it is a group of services",
    "infra": "it is a group of services",
    "backend": "it is a group of services",
    "frontend": "it is a group of services",
    "tools": "it is a group of services",
    "setup": "it is a group of services",
    "mesh": "it is a group of services",
    "db-migrate": "it is a step of `tilt up`",
    "db-seed": "it is a step of `tilt up`",
    "mesh-install": "it is a step of `tilt up`",
    "tunnel": "it is a step of `tilt up`",
    "switched-off": "it stands in for services that do not run",
    "namespace": "its manifest would be k8s/dev/namespace.yaml",
    "configmap": "its manifest would be k8s/dev/configmap.yaml",
    "secret": "its manifest would be k8s/dev/secret.yaml",
    "database": "its callers would get DATABASE_URL, which is the database's",
}

# What YAML 1.1 or 1.2 reads as a switch or as nothing when it stands unquoted in a manifest.
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def word_of_yaml(context: RuleContext) -> Iterator[Finding]:
    table, source_map = context.table, context.source_map
    named = [
        ("the platform", table.name, source_map.value("name")),
        ("the namespace", table.namespace, source_map.value("namespace")),
    ]
    for service in table.services.values():
        named.append(("a service", service.name, service.place))
        named += [("a webhook", hook.provider, hook.place) for hook in service.webhooks.values()]
    for what, name, place in named:
        if name in _YAML_WORDS:
            meaning = "nothing" if name == "null" else "a switch"
            message = f"{what} cannot be called `{name}`: YAML reads that as {meaning}, not as text"
            yield error("reserved-name", message, place, "choose another name")


def reserved_service_name(context: RuleContext) -> Iterator[Finding]:
    for name, service in context.table.services.items():
        if name in _RESERVED:
            message = f"a service cannot be called `{name}`: {_RESERVED[name]}"
            yield error("reserved-name", message, service.place, "choose another name")


def shared_namespace(context: RuleContext) -> Iterator[Finding]:
    name = context.table.namespace
    if name == "default" or name.startswith("kube-"):
        message = f"`{name}` belongs to the cluster; devkit wipes its namespace on `reset`"
        fix = f"name one of your own: `{context.table.name}-dev`"
        yield error("reserved-namespace", message, context.source_map.value("namespace"), fix)


def connection_url(context: RuleContext) -> Iterator[Finding]:
    """`redis` is the natural name of a server whose URL is REDIS_URL, and of nothing else."""
    owners = {c.variable: kind for kind in BUILT_IN.values() if (c := kind.environment.connection)}
    for service in context.table.services.values():
        owner = owners.get(service.url_variable)
        if owner is not None and service.type is not owner and service.name not in _RESERVED:
            message = (
                f"a service called `{service.name}` must be of type {owner.name}: its callers would get "
                f"{service.url_variable}, which is the server's"
            )
            yield error("reserved-name", message, service.place, "change its type, or choose another name")


RULES: tuple[Rule, ...] = (
    word_of_yaml,
    reserved_service_name,
    shared_namespace,
    connection_url,
)
