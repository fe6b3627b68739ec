"""The one place that computes a service's environment, whatever runs it.

Kubernetes and the local engine differ only in the addresses they hand in, so that a service sees the
same variables on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from devkit.render.mesh import cluster_host, mesh_host
from devkit.table.model import Service, ServiceType, Table, Variable

__all__ = [
    "Addresses",
    "called_urls",
    "cluster_addresses",
    "derived_names",
    "derived_secrets",
    "host_addresses",
    "secret_defaults",
    "secret_names",
    "service_environment",
    "variable_value",
]

DATABASE_URL = "DATABASE_URL"
REDIS_URL = "REDIS_URL"


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

    Python services get the shared config, APP_PORT and `<CALLED>_URL` for each of their `calls`. A page's
    calls are made by the browser, so a `vite` service gets only its own `env`, as do ready-made images.
    """
    values: dict[str, str] = {}
    if service.type is ServiceType.PYTHON:
        values |= {name: variable_value(table, v, addresses) for name, v in table.config.items()}
        values |= called_urls(table, service, addresses)
        values["APP_PORT"] = str(addresses.port(service))
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


def _reached_at(table: Table, name: str, addresses: Addresses) -> str:
    """Where a service is found, or who stands in for it."""
    if name not in table.replaced:
        return addresses.service(table.services[name])
    other = table.stand_in(name)
    return addresses.service(table.services[other.service]) + other.path


def secret_names(table: Table, service: Service) -> tuple[str, ...]:
    """Names of the secrets that `service` gets, sorted; DATABASE_URL and REDIS_URL follow from `needs`."""
    names = set(service.secrets)
    needed = {table.services[name].type for name in service.needs}
    if service.type is ServiceType.PYTHON:
        names |= {DATABASE_URL} if ServiceType.POSTGRES in needed else set()
        names |= {REDIS_URL} if ServiceType.REDIS in needed else set()
    if service.password is not None:
        names.add(service.password)
    return tuple(sorted(names))


def derived_names(table: Table) -> tuple[str, ...]:
    """Which of DATABASE_URL and REDIS_URL this table's services can get."""
    kinds = {service.type for service in table.services.values()}
    pairs = ((DATABASE_URL, ServiceType.POSTGRES), (REDIS_URL, ServiceType.REDIS))
    return tuple(name for name, kind in pairs if kind in kinds)


def derived_secrets(table: Table, addresses: Addresses, values: Mapping[str, str]) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL, from the table's database and queue and the secret `values` so far.

    A database whose password is not in `values` yet is left out.
    """
    derived: dict[str, str] = {}
    for service in table.services.values():
        netloc = urlsplit(addresses.service(service)).netloc
        if service.type is ServiceType.POSTGRES and (service.password or "") in values:
            password = quote(values[service.password or ""], safe="")
            derived[DATABASE_URL] = f"postgresql://{service.user}:{password}@{netloc}/{service.database}"
        elif service.type is ServiceType.REDIS:
            derived[REDIS_URL] = f"redis://{netloc}"
    return derived


def secret_defaults(table: Table, addresses: Addresses | None = None) -> dict[str, str]:
    """Secrets that have a fixed development value, DATABASE_URL and REDIS_URL included (cluster addresses
    unless told otherwise). Generated and optional ones are not in it."""
    fixed = {s.name: s.default for s in table.secrets.values() if s.default is not None}
    return fixed | derived_secrets(table, addresses or cluster_addresses(table), fixed)
