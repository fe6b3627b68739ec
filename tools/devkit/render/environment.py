"""The one place that computes a service's environment, whatever runs it.

Kubernetes and the local engine differ only in the addresses they hand in, so that a service sees the
same variables on both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from devkit.model import WEBHOOK_ROUTES, Connection, Service, Table, Variable
from devkit.render.mesh import cluster_host, mesh_host

__all__ = [
    "WEBHOOK_ROUTES",
    "Addresses",
    "called_urls",
    "cluster_addresses",
    "connections",
    "derived_secrets",
    "host_addresses",
    "secret_defaults",
    "secret_names",
    "service_environment",
    "variable_value",
    "webhook_routes",
]


@dataclass(frozen=True)
class Addresses:
    """Where services are found.

    `service`: base URL that other services use (`http://host:port`, no trailing slash);
    `public`: base URL that a browser on this machine uses; `port`: the port a service listens on.
    """

    service: Callable[[Service], str]
    public: Callable[[Service], str]
    port: Callable[[Service], int]


def cluster_addresses(table: Table) -> Addresses:
    """Full cluster DNS names, the mesh's where it runs; browsers come through port-forwards on localhost, moved by the
    table's offset."""
    return Addresses(
        service=lambda s: f"http://{mesh_host(table, s) or cluster_host(table, s)}:{s.port}",
        public=lambda s: f"http://localhost:{s.port + table.port_offset}",
        port=lambda s: s.port,
    )


def host_addresses(port_offset: int = 0) -> Addresses:
    """Everything on loopback, every port moved by `port_offset`."""
    return Addresses(
        service=lambda s: f"http://127.0.0.1:{s.port + port_offset}",
        public=lambda s: f"http://localhost:{s.port + port_offset}",
        port=lambda s: s.port + port_offset,
    )


def service_environment(table: Table, service: Service, addresses: Addresses) -> dict[str, str]:
    """The plain variables of `service`, sorted by name; no secret is among them.

    A configured service gets the shared variables, `<CALLED>_URL` for each of its `calls`, and the routes of its `webhooks`. A page's calls are made by
    the browser, so it gets only its own `env`, as do ready-made images.
    """
    given = service.type.environment
    values: dict[str, str] = {}
    if given.configured:
        values |= {name: variable_value(table, v, addresses) for name, v in table.config.items()}
        values |= called_urls(table, service, addresses)
    values |= webhook_routes(service)
    if given.port_variable:
        values[given.port_variable] = str(addresses.port(service))
    values |= {name: variable_value(table, v, addresses) for name, v in service.env.items()}
    return dict(sorted(values.items()))


def variable_value(table: Table, variable: Variable, addresses: Addresses) -> str:
    """The development value of one variable."""
    if table.debug and variable.debug is not None:
        return variable.debug
    if variable.service is not None:
        return _reached_at(table, variable.service, addresses) + variable.path
    if variable.public is not None:
        return addresses.public(table.services[variable.public]) + variable.path
    return variable.default or ""


def called_urls(table: Table, service: Service, addresses: Addresses) -> dict[str, str]:
    """`<CALLED>_URL` for each of a service's `calls`."""
    return {table.services[name].url_variable: _reached_at(table, name, addresses) for name in service.calls}


def webhook_routes(service: Service) -> dict[str, str]:
    """WEBHOOK_ROUTES, the webhooks that a configured service takes, as JSON; empty where it takes none.

    By provider: `path`, `to` (the service it is handed to), and the names of the variables that hold that one's `address`,
    the `secret` and, if there may be one, the `previous` secret.
    """
    if not service.webhooks or not service.type.environment.configured:
        return {}
    routes = {}
    for name, hook in service.webhooks.items():
        address = hook.to.replace("-", "_").upper() + "_URL"
        routes[name] = {"path": hook.path, "to": hook.to, "address": address, "secret": hook.secret}
        if hook.previous is not None:
            routes[name]["previous"] = hook.previous
    return {WEBHOOK_ROUTES: json.dumps(routes)}


def _reached_at(table: Table, name: str, addresses: Addresses) -> str:
    """Where a service is found, or who stands in for it."""
    if name not in table.replaced:
        return addresses.service(table.services[name])
    other = table.stand_in(name)
    return addresses.service(table.services[other.service]) + other.path


def secret_names(table: Table, service: Service) -> tuple[str, ...]:
    """Names of the secrets that `service` gets, sorted; connection URLs follow from `needs`."""
    names = {*service.secrets, *(str(service.options[key]) for key in service.type.keys.secrets)}
    if service.type.environment.configured:
        needed = (table.services[name].type.environment.connection for name in service.needs)
        names |= {connection.variable for connection in needed if connection}
    return tuple(sorted(names))


def connections(table: Table) -> dict[str, tuple[Service, Connection]]:
    """The servers that others reach by a URL, by the variable that holds it (DATABASE_URL, REDIS_URL), sorted."""
    servers = ((s.type.environment.connection, s) for s in table.services.values())
    found = {connection.variable: (service, connection) for connection, service in servers if connection}
    return dict(sorted(found.items()))


def derived_secrets(table: Table, addresses: Addresses, values: Mapping[str, str]) -> dict[str, str]:
    """The connection URLs, from the table and the secret `values` so far.

    One that needs a secret which is not in `values` yet is left out.
    """
    derived: dict[str, str] = {}
    for variable, (service, connection) in connections(table).items():
        url = connection.url(service, urlsplit(addresses.service(service)).netloc, values)
        if url is not None:
            derived[variable] = url
    return derived


def secret_defaults(table: Table, addresses: Addresses | None = None) -> dict[str, str]:
    """Secrets that have a fixed development value, connection URLs included (cluster addresses
    by default). Generated and optional ones are not in it."""
    fixed = {s.name: s.default for s in table.secrets.values() if s.default is not None}
    return fixed | derived_secrets(table, addresses or cluster_addresses(table), fixed)
