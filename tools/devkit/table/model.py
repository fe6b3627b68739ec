"""The service table as frozen dataclasses; everything devkit renders or runs is derived from a `Table`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from devkit.findings.model import Place
from devkit.findings.report import Suppression

__all__ = [
    "MeshRelease",
    "Probes",
    "Resources",
    "Secret",
    "Service",
    "ServiceType",
    "StandIn",
    "Table",
    "Variable",
    "Webhook",
    "WebhookProvider",
]


class ServiceType(Enum):
    """What a service is; each value has a renderer of the same name under `render/types`."""

    PYTHON = "python"
    VITE = "vite"
    IMAGE = "image"
    POSTGRES = "postgres"
    REDIS = "redis"


_GROUPS = {
    ServiceType.PYTHON: "backend",
    ServiceType.VITE: "frontend",
    ServiceType.IMAGE: "tools",
    ServiceType.POSTGRES: "infra",
    ServiceType.REDIS: "infra",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A non-secret environment variable.

    Exactly one of three says its development value: `default` (the text itself), `service` (the URL at which
    other services reach that service, plus `path`), or `public` (the one at which a browser here does). `debug` replaces
    `default` while debug ports are open.
    """

    name: str
    about: str
    place: Place
    default: str | None = None
    service: str | None = None
    public: str | None = None
    path: str = ""
    debug: str | None = None
    staging: str | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret variable. `generate` is the number of random bytes a development value is made from;
    `default` a fixed development value; `optional` one that may stay empty. Exactly one is set."""

    name: str
    about: str
    place: Place
    generate: int | None = None
    default: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Probes:
    """HTTP paths: `live` restarts a service that hangs, `ready` takes it out of rotation."""

    live: str
    ready: str


@dataclass(frozen=True, slots=True)
class Resources:
    """Kubernetes quantities, as written (`250m`, `256Mi`), by `cpu` and `memory`."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A provider's webhook: taken at `path`, proved with `secret`, handed to the service `to`. `example` is the topic
    that a button in Tilt's page sends."""

    provider: str
    path: str
    to: str
    secret: str
    place: Place
    example: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookProvider:
    """A provider that the repository describes: an HMAC in a `header`, over what `signed` says.

    `tolerance`, `timeout` and `retries` are seconds. An empty name of a header or key: there is none.
    """

    name: str
    header: str
    place: Place
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    timestamp_header: str = ""
    tolerance: int = 0
    id_header: str = ""
    signed: str = "{body}"
    topic_header: str = ""
    topic_key: str = ""
    timeout: float = 10.0
    retries: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who answers in a service's place: another `service`, below `path`."""

    service: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class MeshRelease:
    """A mesh that Helm installs: one `version` of a `chart` from a `repository` (empty: a file is named on the command
    line), with the `values` of a file of the clone. `timeout` is seconds; `own_namespace`: the platform is in another."""

    chart: str
    version: str
    release: str
    namespace: str
    place: Place
    repository: str = ""
    values: str = ""
    timeout: int = 300
    own_namespace: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """One row of the table.

    `needs` must be ready before this service starts; `calls` are services it reaches over HTTP and whose
    URL it gets as `<NAME>_URL`. `resources` are staging's; `dev_resources` replace parts of them in k8s/dev.
    `app` is the ASGI application of a Python service, `package.module:attribute`. `enabled` gives the service a
    switch of its own in tilt_config.json and is its default; None: it always runs. `stand_in` answers its callers
    while it does not run. `mesh` is None outside the mesh, else what the mesh is to do with calls, by setting.
    """

    name: str
    type: ServiceType
    place: Place
    port: int
    about: str = ""
    debug_port: int | None = None
    probes: Probes | None = None
    needs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources)
    dev_resources: Resources | None = None
    env: Mapping[str, Variable] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    app: str | None = None
    path: str | None = None
    image: str | None = None
    development_only: bool = False
    kubernetes_only: bool = False
    enabled: bool | None = None
    namespace_reader: bool = False
    stand_in: StandIn | None = None
    mesh: Mapping[str, str] | None = None
    # types postgres and redis
    database: str | None = None
    user: str | None = None
    password: str | None = None
    storage: str | None = None
    migrations: str | None = None
    seed: str | None = None

    @property
    def module(self) -> str:
        """The service's name as a Python identifier: `order-service` → `order_service`."""
        return self.name.replace("-", "_")

    @property
    def group(self) -> str:
        """What it is shown under: infra, backend, frontend or tools."""
        return _GROUPS[self.type]

    @property
    def url_variable(self) -> str:
        """The variable under which callers find this service: `order-service` → `ORDER_SERVICE_URL`."""
        return self.name.replace("-", "_").upper() + "_URL"


@dataclass(frozen=True, slots=True)
class Table:
    """The whole service table, valid: rules have passed before one of these exists.

    Three fields are not in the file, but what one developer or engine makes of it: `port_offset` is how far every port
    on this machine is from the table's, `mesh` the name of the mesh that runs, `replaced` the services whose
    stand-ins answer.
    """

    file: str
    name: str
    namespace: str
    image_prefix: str
    services: Mapping[str, Service]
    config: Mapping[str, Variable] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    allow_contexts: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    webhook_providers: Mapping[str, WebhookProvider] = field(default_factory=dict)
    meshes: Mapping[str, MeshRelease | None] = field(default_factory=dict)
    debug: bool = True
    port_offset: int = 0
    mesh: str = "none"
    replaced: frozenset[str] = frozenset()

    def without_debug(self) -> Table:
        """The same without debug ports, and with the variables' values for that."""
        services = {name: replace(service, debug_port=None) for name, service in self.services.items()}
        return replace(self, services=services, debug=False)

    def with_stand_ins(self, off: Collection[str]) -> Table:
        """The same with callers of the services in `off` led to their stand-ins, those that are not off themselves."""
        replaced = (s.name for s in self.services.values() if s.stand_in and s.name in off)
        led = frozenset(name for name in replaced if self.stand_in(name).service not in off)
        return replace(self, replaced=led)

    def stand_in(self, name: str) -> StandIn:
        """Who answers in the place of `name`; the service itself if nobody does."""
        found = self.services[name].stand_in
        return found if found is not None else StandIn(name)

    def closure(self, names: Iterable[str]) -> set[str]:
        """These services and all that they need, call or are given the address of, directly or not."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.reached(name)
        return found

    def reached(self, name: str) -> list[str]:
        """What one service needs, calls or is given the address of; of a replaced one, its stand-in."""
        service = self.services[name]
        if name in self.replaced:
            return [self.stand_in(name).service]
        addressed = (variable.service for variable in service.env.values())
        return [*service.needs, *service.calls, *filter(None, addressed)]

    def of_type(self, kind: ServiceType) -> tuple[Service, ...]:
        """The services of one type, in the table's order."""
        return tuple(s for s in self.services.values() if s.type is kind)
