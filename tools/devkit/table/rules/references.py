"""Services that name other services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devkit.findings.model import Finding
from devkit.model import Service, Variable
from devkit.table.rules.context import Rule, RuleContext, suggestion
from devkit.table.source_map import error

__all__ = ["RULES"]


def unknown_service(context: RuleContext) -> Iterator[Finding]:
    names = context.service_names()
    for service in context.table.services.values():
        for key in ("needs", "calls"):
            for path, name in context.items(service, key):
                place = context.source_map.value(*path)
                if name == service.name:
                    message = f"`{name}` {key} itself"
                    yield error("self-reference", message, place, "delete it")
                elif name not in names:
                    message = f"`{key}` names `{name}`, which is not a service"
                    yield error(
                        "unknown-service",
                        message,
                        place,
                        suggestion(name, _but(names, service.name)),
                    )


def _but(names: Iterable[str], service: str) -> list[str]:
    return [name for name in names if name != service]


def wrong_kind_of_service(context: RuleContext) -> Iterator[Finding]:
    for service in context.table.services.values():
        for key in ("needs", "calls"):
            for path, name in context.items(service, key):
                other = context.table.services.get(name)
                if other is None or other is service:
                    continue
                place = context.source_map.value(*path)
                if key == "calls" and not other.type.speaks_http:
                    message = f"`calls` names `{name}`, which does not speak HTTP"
                    yield error("not-http", message, place, f"put `{name}` into `needs`")
                elif other.kubernetes_only and not service.kubernetes_only and not _answered(key, other):
                    message = f"`{key}` names `{name}`, which the local engine does not run"
                    fix = f"delete `kubernetes_only` of `{name}`, or add `stand_in:` to it"
                    fix = fix if key == "calls" else fix.split(",")[0]
                    yield error("kubernetes-only", message, place, fix)
                elif other.development_only and not service.development_only:
                    message = f"`{key}` names `{name}`, which staging does not run"
                    yield error("development-only", message, place, f"delete `development_only` of `{name}`")


def _answered(key: str, other: Service) -> bool:
    """Whether a call reaches somebody although `other` does not run."""
    return key == "calls" and other.stand_in is not None


def unknown_stand_in(context: RuleContext) -> Iterator[Finding]:
    names = context.service_names()
    for service in context.table.services.values():
        if service.stand_in is None:
            continue
        name = service.stand_in.service
        place = context.source_map.value("services", service.name, "stand_in", "service")
        other = context.table.services.get(name)
        if name == service.name:
            yield error("self-reference", f"`{name}` stands in for itself", place, "name another service")
        elif name not in names:
            message = f"`stand_in` names `{name}`, which is not a service"
            yield error(
                "unknown-service",
                message,
                place,
                suggestion(name, _but(names, service.name)),
            )
        elif other is not None and not other.type.speaks_http:
            yield error("not-http", f"`stand_in` names `{name}`, which does not speak HTTP", place)
        elif other is not None and (other.kubernetes_only or other.stand_in is not None):
            why = "the local engine does not run" if other.kubernetes_only else "has a stand-in itself"
            message = f"`stand_in` names `{name}`, which {why}"
            yield error("stand-in", message, place, "name a service that always runs")


def circular_needs(context: RuleContext) -> Iterator[Finding]:
    """`calls` may be circular; `needs` is an order of starting, and cannot be."""
    services = context.table.services
    done: set[str] = set()

    def visit(service: Service, trail: tuple[str, ...]) -> Iterator[Finding]:
        trail = (*trail, service.name)
        for path, name in context.items(service, "needs"):
            if name in trail:
                cycle = (*trail[trail.index(name) :], name)
                if len(cycle) > 2:
                    message = f"`needs` has a cycle: {' → '.join(cycle)}"
                    fix = "break it: what a service only calls belongs in `calls`"
                    yield error("circular-needs", message, context.source_map.value(*path), fix)
            elif name in services and name not in done:
                yield from visit(services[name], trail)
        done.add(service.name)

    for service in services.values():
        if service.name not in done:
            yield from visit(service, ())


def variable_of_a_service(context: RuleContext) -> Iterator[Finding]:
    names = context.service_names()
    for path, owner, variable in context.variables():
        for key, name in (("service", variable.service), ("public", variable.public)):
            if name is None:
                continue
            place = context.source_map.value(*path, key)
            other = context.table.services.get(name)
            if name not in names:
                message = f"`{key}` names `{name}`, which is not a service"
                yield error("unknown-service", message, place, suggestion(name, names))
            elif other is not None and not other.type.speaks_http:
                message = f"`{key}` names `{name}`, which does not speak HTTP"
                yield error("not-http", message, place, f"put `{name}` into `needs`")
            elif other is not None and other.development_only and _needs_staging(owner, variable):
                message = f"`{variable.name}` points to `{name}`, which staging does not run"
                yield error("development-only", message, place, "add `staging:` with the value there")
        if variable.path and variable.default is not None:
            message = f"`path` of `{variable.name}` goes with `service` or `public`"
            yield error(
                "path-without-url", message, context.source_map.key(*path, "path"), "put it into `default`"
            )


def _needs_staging(owner: Service | None, variable: Variable) -> bool:
    return variable.staging is None and not (owner and owner.development_only)


RULES: tuple[Rule, ...] = (
    unknown_service,
    wrong_kind_of_service,
    unknown_stand_in,
    circular_needs,
    variable_of_a_service,
)
