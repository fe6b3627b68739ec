"""The configuration as people read it: the reference in docs/, and .env.example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devkit.model import Secret, Service, Table, Variable
from devkit.render.environment import Environments, connections, secret_names, webhook_routes
from devkit.render.names import CONFIG_NAME, SECRET_NAME
from devkit.render.templates import fill

__all__ = ["configuration_reference", "env_example"]


@dataclass(frozen=True)
class Row:
    """One variable as the reference shows it. `staging` is None where staging does not run what reads it."""

    name: str
    about: str
    development: str
    staging: str | None
    kept_in: str
    used_by: tuple[str, ...]
    sensitive: bool = False


def configuration_reference(cluster: Environments) -> str:
    """Every variable of the platform: purpose, values, sensitivity, who reads it, where it is kept."""
    table = cluster.table
    return fill(
        "docs/05-deployment/configuration-reference.md.j2",
        table=table,
        plain=sorted(_plain_rows(cluster), key=lambda row: row.name),
        derived=list(_derived_rows(cluster)),
        secret=[_secret_row(table, secret) for secret in table.secrets.values()],
        services=list(table.services.values()),
    )


def env_example(host: Environments) -> str:
    """Every variable with its value for processes on this machine; generated secrets are left empty."""
    of_services = [
        (service, host.of_service(service), webhook_routes(service))
        for service in host.table.services.values()
        if (service.env or webhook_routes(service)) and not service.kubernetes_only
    ]
    taken = {name for _, values, _ in of_services for name in values}
    return fill(
        ".env.example.j2",
        table=host.table,
        config=host.shared,
        urls={name: value for name, value in host.called.items() if name not in taken},
        of_services=of_services,
        derived=host.default_connection_urls(),
    )


def _plain_rows(cluster: Environments) -> Iterator[Row]:
    table = cluster.table

    def row(variable: Variable, kept_in: str, used_by: tuple[str, ...], in_staging: bool = True) -> Row:
        value = cluster.value(variable)
        staging = value if variable.staging is None else variable.staging
        return Row(variable.name, variable.about, value, staging if in_staging else None, kept_in, used_by)

    configured = tuple(service.name for service in _configured(table))
    for variable in table.config.values():
        yield row(variable, f"ConfigMap {CONFIG_NAME}", configured)
    for service in table.services.values():
        for variable in service.env.values():
            kept_in = f"Deployment {service.name}"
            yield row(variable, kept_in, (service.name,), not service.development_only)


def _derived_rows(cluster: Environments) -> Iterator[Row]:
    table = cluster.table
    listening: dict[str, list[str]] = {}
    for service in table.having(lambda kind: kind.environment.port_variable):
        listening.setdefault(service.type.environment.port_variable, []).append(service.name)
    for variable, listeners in listening.items():
        about, value = "Port the service listens on.", "its `port` in the table"
        yield Row(variable, about, value, "the same", "each Deployment", tuple(listeners))
    callers: dict[str, list[str]] = {}
    for service in _configured(table):
        for name in service.calls:
            callers.setdefault(name, []).append(service.name)
    for name, used_by in callers.items():
        called = table.services[name]
        about, url = f"Where {name} is found.", cluster.url(called)
        kept_in = f"ConfigMap {CONFIG_NAME}"
        yield Row(called.url_variable, about, url, f"http://{name}:{called.port}", kept_in, tuple(used_by))
    for service in _configured(table):
        for name, value in webhook_routes(service).items():
            about = "The webhooks it takes: by provider the path, the owner, and which variables hold its address and the secrets."
            yield Row(name, about, value, value, f"Deployment {service.name}", (service.name,))
    values = cluster.connection_urls(dict.fromkeys(table.secrets, ""))
    for name, (_, connection) in connections(table).items():
        readers = tuple(s.name for s in table.services.values() if name in secret_names(table, s))
        if readers:
            host = values.get(name, "").partition("://")[2].rsplit("@", 1)[-1]
            about = f"{connection.about} Made from the table and its password."
            yield Row(name, about, f"points to {host}", "set by hand", f"Secret {SECRET_NAME}", readers, True)


def _secret_row(table: Table, secret: Secret) -> Row:
    made = "made at random" if secret.generate is not None else "empty" if secret.optional else "fixed"
    staging = "optional" if secret.optional else "set by hand"
    readers = tuple(s.name for s in table.services.values() if secret.name in secret_names(table, s))
    return Row(secret.name, secret.about, made, staging, f"Secret {SECRET_NAME}", readers, True)


def _configured(table: Table) -> tuple[Service, ...]:
    """The services that get the shared variables."""
    return table.having(lambda kind: kind.environment.configured)
