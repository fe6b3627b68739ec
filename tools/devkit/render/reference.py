"""The configuration as people read it: the reference in docs/, and .env.example."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from devkit.model import Secret, Service, Table, Variable
from devkit.render.environment import Environments, connections, secret_names, webhook_routes
from devkit.render.names import CONFIG_NAME, SECRET_NAME, SERVICE_CONFIG_NAME
from devkit.render.staging import in_examples
from devkit.render.templates import fill

__all__ = ["configuration_reference", "env_example"]


_BY_HAND = "set by hand"


@dataclass(frozen=True)
class Row:
    """One variable as the reference shows it, `place` is where Kubernetes keeps it. `staging` is None where staging does not
    run what reads it."""

    name: str
    about: str
    development: str
    staging: str | None
    example: str
    place: str
    used_by: tuple[str, ...]
    sensitive: bool = False


def configuration_reference(cluster: Environments) -> str:
    """Every variable of the platform: who reads it, purpose, values, an example, sensitivity, where it is kept."""
    table = cluster.table
    return fill(
        "docs/05-deployment/configuration-reference.md.j2",
        table=table,
        by_hand=_BY_HAND,
        config_name=CONFIG_NAME,
        service_config_name=SERVICE_CONFIG_NAME,
        secret_name=SECRET_NAME,
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

    def row(variable: Variable, place: str, used_by: tuple[str, ...], in_staging: bool = True) -> Row:
        value, staging = cluster.value(variable), cluster.staging_value(variable)
        staging = None if staging is None else in_examples(table, staging)
        example = variable.example or (in_staging and staging) or value
        told = _BY_HAND if staging is None else staging
        return Row(
            variable.name, variable.about, value, told if in_staging else None, example, place, used_by
        )

    configured = tuple(service.name for service in _configured(table))
    for variable in table.config.values():
        yield row(variable, f"ConfigMap {CONFIG_NAME}", configured)
    for service in table.services.values():
        for variable in service.env.values():
            place = f"ConfigMap {SERVICE_CONFIG_NAME}"
            yield row(variable, place, (service.name,), not service.development_only)


def _derived_rows(cluster: Environments) -> Iterator[Row]:
    table = cluster.table
    listening: dict[str, list[Service]] = {}
    for service in table.having(lambda kind: kind.environment.port_variable):
        listening.setdefault(service.type.environment.port_variable, []).append(service)
    for variable, listeners in listening.items():
        about, value, example = (
            "Port the service listens on.",
            "its `port` in the table",
            str(listeners[0].port),
        )
        names = tuple(service.name for service in listeners)
        yield Row(
            variable, about, value, "the same", example, "each Deployment: it differs by service", names
        )
    callers: dict[str, list[str]] = {}
    for service in _configured(table):
        for name in service.calls:
            callers.setdefault(name, []).append(service.name)
    for name, used_by in callers.items():
        called = table.services[name]
        about, url, staging = (
            f"Where {name} is found.",
            cluster.called[called.url_variable],
            f"http://{name}:{called.port}",
        )
        yield Row(
            called.url_variable, about, url, staging, staging, f"ConfigMap {CONFIG_NAME}", tuple(used_by)
        )
    for service in _configured(table):
        for name, value in webhook_routes(service).items():
            about = "The webhooks it takes: by provider the path, the owner, and which variables hold its address and the secrets."
            first = json.dumps(dict(list(json.loads(value).items())[:1]))
            place = f"ConfigMap {SERVICE_CONFIG_NAME}"
            yield Row(name, about, "from `webhooks` in the table", "the same", first, place, (service.name,))
    values = cluster.connection_urls(dict.fromkeys(table.secrets, "PASSWORD"))
    for name, (_, connection) in connections(table).items():
        readers = tuple(s.name for s in table.services.values() if name in secret_names(table, s))
        if readers:
            example = values.get(name, "")
            about = f"{connection.about} Made from the table and its password."
            host = example.partition("://")[2].rsplit("@", 1)[-1]
            yield Row(
                name, about, f"points to {host}", _BY_HAND, example, f"Secret {SECRET_NAME}", readers, True
            )


def _secret_row(table: Table, secret: Secret) -> Row:
    made = "made at random" if secret.generate is not None else "empty" if secret.optional else "fixed"
    staging = "optional" if secret.optional else _BY_HAND
    readers = tuple(s.name for s in table.services.values() if secret.name in secret_names(table, s))
    example = secret.example or (
        f"{secret.generate} random bytes, as text" if secret.generate else "any text"
    )
    return Row(secret.name, secret.about, made, staging, example, f"Secret {SECRET_NAME}", readers, True)


def _configured(table: Table) -> tuple[Service, ...]:
    """The services that get the shared variables."""
    return table.having(lambda kind: kind.environment.configured)
