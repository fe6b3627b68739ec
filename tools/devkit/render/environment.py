"""The one place that computes a service's environment, whatever runs it.

Kubernetes and the local engine differ only in the addresses, so that a service sees the same variables on both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

from devkit.model import WEBHOOK_ROUTES, Connection, Service, Table, Variable
from devkit.render.mesh import cluster_host, mesh_host

__all__ = [
    "Environments",
    "connections",
    "in_cluster",
    "in_staging",
    "on_host",
    "secret_names",
    "webhook_routes",
]


@dataclass(frozen=True)
class Environments:
    """The environments of a table's services, by where those are found. What all share is computed once.

    `url`: base URL that other services use (`http://host:port`, no trailing slash);
    `public`: base URL that a browser on this machine uses; `port`: the port a service listens on.
    """

    table: Table
    url: Callable[[Service], str]
    public: Callable[[Service], str]
    port: Callable[[Service], int]

    def of(self, service: Service) -> dict[str, str]:
        """The plain variables of `service`, sorted by name; no secret is among them.

        A configured service gets the shared variables, `<CALLED>_URL` for each of its `calls`, and the routes of its
        `webhooks`. A page's calls are made by the browser, so it gets only its own `env`, as do ready-made images.
        """
        given = service.type.environment
        values: dict[str, str] = {}
        if given.configured:
            values |= self.shared | {
                self._url_variable(name): self._reached_at(name) for name in service.calls
            }
        values |= webhook_routes(service)
        if given.port_variable:
            values[given.port_variable] = str(self.port(service))
        return dict(sorted((values | self.of_service(service)).items()))

    @cached_property
    def shared(self) -> dict[str, str]:
        """What every configured service gets, in the table's order."""
        return {name: self.value(variable) for name, variable in self.table.config.items()}

    @cached_property
    def called(self) -> dict[str, str]:
        """`<CALLED>_URL` of each service that a configured one calls, sorted."""
        configured = self.table.having(lambda kind: kind.environment.configured)
        names = {name for service in configured for name in service.calls}
        return dict(sorted((self._url_variable(name), self._reached_at(name)) for name in names))

    def of_service(self, service: Service) -> dict[str, str]:
        """The variables that `service` alone has, in the table's order."""
        return {name: self.value(variable) for name, variable in service.env.items()}

    def value(self, variable: Variable) -> str:
        """The development value of one variable."""
        if self.table.debug and variable.debug is not None:
            return variable.debug
        if variable.service is not None:
            return self._reached_at(variable.service) + variable.path
        if variable.public is not None:
            return self.public(self.table.services[variable.public]) + variable.path
        return variable.default or ""

    def staging_value(self, variable: Variable) -> str | None:
        """What staging sets a variable to; None where only who deploys can say. No debugger runs there."""
        if variable.staging is not None:
            return None if variable.staging == f"${{{variable.name}}}" else variable.staging
        if variable.service is not None:
            reached = self.table.services[variable.service]
            return f"http://{reached.name}:{reached.port}{variable.path}"
        return variable.default

    def connection_urls(self, values: Mapping[str, str]) -> dict[str, str]:
        """The connection URLs (DATABASE_URL, REDIS_URL), from the secret `values` so far.

        One that needs a secret which is not in `values` yet is left out.
        """
        found = {
            variable: connection.url(service, urlsplit(self.url(service)).netloc, values)
            for variable, (service, connection) in connections(self.table).items()
        }
        return {variable: url for variable, url in found.items() if url is not None}

    def default_connection_urls(self) -> dict[str, str]:
        """Every connection URL as the secrets' fixed values make it; empty where it needs one that is generated."""
        fixed = {s.name: s.default for s in self.table.secrets.values() if s.default is not None}
        return dict.fromkeys(connections(self.table), "") | self.connection_urls(fixed)

    def _url_variable(self, name: str) -> str:
        return self.table.services[name].url_variable

    def _reached_at(self, name: str) -> str:
        """Where a service is found, or who stands in for it."""
        if name not in self.table.replaced:
            return self.url(self.table.services[name])
        other = self.table.stand_in(name)
        return self.url(self.table.services[other.service]) + other.path


def in_cluster(table: Table) -> Environments:
    """Full cluster DNS names, the mesh's where it runs; browsers come through port-forwards on localhost, moved by the
    table's offset."""
    return Environments(
        table,
        url=lambda s: f"http://{mesh_host(table, s) or cluster_host(table, s)}:{s.port}",
        public=lambda s: f"http://localhost:{s.port + table.port_offset}",
        port=lambda s: s.port,
    )


def on_host(table: Table, port_offset: int = 0) -> Environments:
    """Everything on loopback, every port moved by `port_offset`."""
    return Environments(
        table,
        url=lambda s: f"http://127.0.0.1:{s.port + port_offset}",
        public=lambda s: f"http://localhost:{s.port + port_offset}",
        port=lambda s: s.port + port_offset,
    )


def in_staging(table: Table) -> Environments:
    """Services by their names, as Compose gives them; nobody stands in for another."""
    return Environments(
        replace(table, replaced=frozenset()),
        url=lambda s: f"http://{s.name}:{s.port}",
        public=lambda s: f"http://{s.name}:{s.port}",
        port=lambda s: s.port,
    )


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
