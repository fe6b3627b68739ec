"""The service table as frozen dataclasses; everything devkit renders or runs is derived from a `Table`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from devkit.findings.model import Place
from devkit.findings.report import Suppression
from devkit.model.service import Secret, Service, StandIn, Variable
from devkit.model.service_type import ServiceType
from devkit.model.staging import Staging

__all__ = ["MeshRelease", "Table", "WebhookProvider"]


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
    spelling: str = "compact"
    topic_header: str = ""
    topic_key: str = ""
    timeout: float = 10.0
    retries: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class MeshRelease:
    """A mesh that Helm installs: one `version` of a `chart` from a `repository` (empty: a file is named on the command
    line), with the `values` of a file of the clone. `timeout` is seconds; `separate_namespace`: the platform is in another."""

    chart: str
    version: str
    release: str
    namespace: str
    place: Place
    repository: str = ""
    values: str = ""
    timeout: int = 300
    separate_namespace: bool = False


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
    shared: tuple[str, ...] = ()
    operations: str = ""
    suppressions: tuple[Suppression, ...] = ()
    webhook_providers: Mapping[str, WebhookProvider] = field(default_factory=dict)
    meshes: Mapping[str, MeshRelease | None] = field(default_factory=dict)
    staging: Staging | None = None
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

    def deployed(self) -> tuple[Service, ...]:
        """The services that staging runs from images of this repository, in the table's order."""
        built = self.having(lambda kind: kind.container.build)
        return tuple(service for service in built if not service.development_only)

    def having(self, trait: Callable[[ServiceType], object]) -> tuple[Service, ...]:
        """The services whose type has a trait, in the table's order."""
        return tuple(s for s in self.services.values() if trait(s.type))
