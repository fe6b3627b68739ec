"""What the types themselves know: each one's own rules, and one server a connection URL."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.model import Service
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RULES"]


def mistakes_of_the_type(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        for mistake in service.type.keys.rules(service, context.table):
            path = ("services", service.name, *mistake.path)
            place = context.source_map.key(*path) if mistake.at_key else context.source_map.value(*path)
            yield error(mistake.id, mistake.message, place, mistake.fix)


def one_server_a_url(context: RuleContext) -> Iterator[Finding]:
    """There is one DATABASE_URL and one REDIS_URL, so there is one database and one Redis."""
    first: dict[str, Service] = {}
    for service in context.table.services.values():
        connection = service.type.environment.connection
        if connection is None:
            continue
        other = first.setdefault(connection.variable, service)
        if other is not service:
            message = f"there is already a service of type {other.type.name}, `{other.name}`, for {connection.variable}"
            place = context.source_map.value("services", service.name, "type")
            yield error("second-database", message, place, "keep one; services can share it")


def pauses_that_grow(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        policy = service.restart
        if policy is not None and policy.most < policy.backoff:
            message = (
                f"the longest pause ({policy.most:g} s) is shorter than the first one ({policy.backoff:g} s)"
            )
            place = context.source_map.value("services", service.name, "restart")
            yield error("restart", message, place, "give `most` at least the value of `backoff`")


RULES: tuple[Rule, ...] = (mistakes_of_the_type, one_server_a_url, pauses_that_grow)
