"""Staging: what its routes, stores and variables name is there, and nothing is called twice."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.findings.model import Finding
from devkit.model import Staging
from devkit.table.rules.context import Rule, RuleContext, suggestion
from devkit.table.rules.files import bad_path
from devkit.table.source_map import Path, error

__all__ = ["RULES"]


def _staging(context: RuleContext) -> Iterator[Staging]:
    if context.table.staging is not None:
        yield context.table.staging


def folder_inside(context: RuleContext) -> Iterator[Finding]:
    for staging in _staging(context):
        yield from bad_path("folder", staging.folder, context.source_map.value("staging", "folder"))


def store_in_the_table(context: RuleContext) -> Iterator[Finding]:
    servers = [s.name for s in context.table.having(lambda kind: kind.environment.connection)]
    for staging in _staging(context):
        for index, name in enumerate(staging.stores):
            if name not in servers and (context.complete or name not in context.service_names()):
                message = f"`stores` names `{name}`, which is no database or cache of this table"
                place = context.source_map.value("staging", "stores", index)
                yield error("unknown-service", message, place, suggestion(name, servers))


def route_to_a_service(context: RuleContext) -> Iterator[Finding]:
    deployed = [service.name for service in context.table.deployed()]
    for staging in _staging(context):
        for route in staging.routes.values():
            place = context.source_map.value("staging", "routes", route.name, "service")
            service = context.table.services.get(route.service)
            if route.service not in context.service_names():
                message = f"`{route.service}` is not a service"
                yield error("unknown-service", message, place, suggestion(route.service, deployed))
            elif service is not None and route.service not in deployed:
                message = f"`{route.service}` is not built here for staging, so its labels are not generated"
                yield error("not-deployed", message, place, f"route to {' or '.join(deployed)}, or delete it")
            elif service is not None and route.sticky and not service.sticky_cookie:
                message = f"`{route.name}` is sticky, but `{route.service}` has no `sticky_cookie`"
                yield error("no-cookie", message, place, f"add `sticky_cookie: NAME` to `{route.service}`")


def variable_named(context: RuleContext) -> Iterator[Finding]:
    for staging in _staging(context):
        named: list[tuple[Path, str]] = [(("registry",), staging.registry)]
        if staging.address:
            named.append((("address",), staging.address))
        for route in staging.routes.values():
            named += [
                (("routes", route.name, "hosts", index), host) for index, host in enumerate(route.hosts)
            ]
        for path, name in named:
            if name not in staging.variables:
                message = f"`{name}` is not among the `variables` of `staging`"
                place = context.source_map.value("staging", *path)
                yield error("undeclared-reference", message, place, suggestion(name, staging.variables))


def variable_once(context: RuleContext) -> Iterator[Finding]:
    """All are names in one `.env`."""
    taken = dict.fromkeys(context.secret_names(), "a secret")
    taken |= {variable.name: "a variable of a service" for _, _, variable in context.variables()}
    taken |= {
        service.tag_variable: f"the image's tag of `{service.name}`" for service in context.table.deployed()
    }
    for staging in _staging(context):
        for variable in staging.variables.values():
            if variable.name in taken:
                message = f"`{variable.name}` is {taken[variable.name]} already"
                yield error(
                    "variable-twice", message, variable.place, "delete it here, or choose another name"
                )
            if variable.secret and variable.example:
                place = context.source_map.value("staging", "variables", variable.name, "example")
                message = f"`{variable.name}` is a secret, and its `example` would be in git"
                yield error("secret-with-example", message, place, "delete `example`")


RULES: tuple[Rule, ...] = (
    folder_inside,
    store_in_the_table,
    route_to_a_service,
    variable_named,
    variable_once,
)
