"""One service of the table, and what belongs to it, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from devserve.process import Policy

from devkit.findings.model import Place
from devkit.model.service_type import ServiceType

__all__ = [
    "WEBHOOK_ROUTES",
    "Probes",
    "Resources",
    "Secret",
    "Service",
    "StandIn",
    "Variable",
    "Webhook",
    "WebhookOrder",
]


@dataclass(frozen=True, slots=True)
class Variable:
    """A non-secret environment variable.

    Exactly one of three says its development value: `default` (the text itself), `service` (the URL at which
    other services reach that service, plus `path`), or `public` (the one at which a browser here does). `debug` replaces
    `default` while debug ports are open. `staging` is what staging sets; in it, `${NAME}` stands for a variable of who deploys.
    `example` is for the reference.
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
    example: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret variable. `generate` is the number of random bytes a development value is made from;
    `default` a fixed development value; `optional` one that may stay empty. Exactly one is set. `example` shows its form."""

    name: str
    about: str
    place: Place
    generate: int | None = None
    default: str | None = None
    optional: bool = False
    example: str = ""


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


WEBHOOK_ROUTES = "WEBHOOK_ROUTES"
"""The variable with the webhooks that a service takes."""


@dataclass(frozen=True, slots=True)
class WebhookOrder:
    """What ties a provider's webhooks to an order: `number` is a path in the payload; `query`, SQL with `%(order)s`, finds the
    value that the path `set` has for an order. Each may be empty."""

    number: str = ""
    set: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A provider's webhook: taken at `path`, signed with `secret`, handed to the service `to`. `example` is the topic
    that the examples send. `previous` names the secret before, which is accepted too while it is replaced."""

    provider: str
    path: str
    to: str
    secret: str
    place: Place
    example: str | None = None
    previous: str | None = None
    order: WebhookOrder = WebhookOrder()


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who answers in a service's place: another `service`, below `path`."""

    service: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One row of the table.

    `needs` must be ready before this service starts; `calls` are services it reaches over HTTP and whose
    URL it gets as `<NAME>_URL`. `resources` are staging's; `dev_resources` replace parts of them in k8s/dev.
    `restart` is how its process is kept running in development, None: as any other.
    `path` is its folder, `source` where its code lies in that. `shared` are folders that its image has beside its own,
    `libraries` those of them that it imports from. `dockerfile` builds its image, None: its type's.
    `options` are the keys of its type alone. `enabled` gives the service a switch of its own in tilt_config.json and is
    its default; None: it always runs. `stand_in` answers its callers while it does not run. `mesh` is None outside the mesh, else what the mesh is to do with calls, by setting.
    `one_copy` is why no second copy of it may run, empty: any number may. `sticky_cookie` keeps a browser with one copy.
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
    restart: Policy | None = None
    env: Mapping[str, Variable] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    path: str | None = None
    source: str | None = None
    shared: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    dockerfile: str | None = None
    image: str | None = None
    development_only: bool = False
    kubernetes_only: bool = False
    enabled: bool | None = None
    stand_in: StandIn | None = None
    mesh: Mapping[str, str] | None = None
    one_copy: str = ""
    sticky_cookie: str | None = None
    migrations: str | None = None
    seed: str | None = None
    options: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The service's name as a Python identifier: `stock-service` → `stock_service`."""
        return self.name.replace("-", "_")

    @property
    def code(self) -> str:
        """The folder with its code, from the root of the repository."""
        return (PurePosixPath(self.path or "") / (self.source or "")).as_posix()

    @property
    def title(self) -> str:
        """The name as people write it: `stock-service` → `Stock Service`."""
        return self.name.replace("-", " ").title()

    @property
    def group(self) -> str:
        """What it is shown under: infra, backend, frontend or tools."""
        return self.type.group

    @property
    def tag_variable(self) -> str:
        """The variable with the tag of its image in staging: `stock-service` → `STOCK_SERVICE_IMAGE_TAG`."""
        return f"{self.module.upper()}_IMAGE_TAG"

    @property
    def url_variable(self) -> str:
        """The variable under which callers find this service: `stock-service` → `STOCK_SERVICE_URL`."""
        return f"{self.module.upper()}_URL"
