"""What a roll is to do, and all it must know again after a kill: it is written to the journal before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Migration", "Order", "Plan", "Policy", "ServicePlan"]

Order = Literal["start-first", "stop-first"]
OnFailure = Literal["rollback", "pause", "continue"]


@dataclass(frozen=True)
class Policy:
    """How many copies are replaced at once (0: all), the pause between two batches and how long a new copy is watched, in
    seconds; what Compose's `update_config` and `rollback_config` say."""

    parallelism: int = 1
    delay: float = 0.0
    order: Order = "start-first"
    on_failure: OnFailure = "rollback"
    monitor: float = 60.0

    def batch(self, left: int) -> int:
        """How many of those that are left are next."""
        return min(self.parallelism or left, left)


@dataclass(frozen=True)
class ServicePlan:
    """One service. `old` are the ids of the containers that are replaced, with the id of each one's image; `idle` those that did
    not run. `names` are what others call it by, for each network. `image` is the name that Compose knows the new image by, `image_id` the one thing that it may mean, `digest` its name
    for good; `before` and `before_tag` are digest and tag of what runs. `ready` is a command in a copy that succeeds once that can take traffic, `routes` the proxy's services that lead to
    it, `hold` the seconds after which Docker may call a copy healthy, whereupon the proxy sends to it, `hooks` what is run in a copy before it is stopped. `tag_variable` is the variable that holds the image's tag."""

    name: str
    image: str
    image_id: str
    digest: str
    before: str
    before_tag: str
    old: Mapping[str, str]
    idle: tuple[str, ...]
    copies: int
    update: Policy
    back: Policy
    grace: float
    wait: float
    ready: tuple[str, ...] = ()
    has_health: bool = False
    routes: tuple[str, ...] = ()
    hold: float | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hooks: tuple[tuple[str, ...], ...] = ()
    alone: tuple[str, ...] = ()
    tag_variable: str = ""
    tag: str = ""

    @property
    def known(self) -> set[str]:
        """The containers that were there before."""
        return {*self.old, *self.idle}


@dataclass(frozen=True)
class Migration:
    """Commands in a new image of a service: `pending` fails while there is something to apply."""

    service: str
    pending: tuple[str, ...]
    apply: tuple[str, ...]
    backup: str = ""


@dataclass(frozen=True)
class Plan:
    """The whole roll. `networks` are those whose addresses can be chosen, so that a copy's names on them can come last and go
    first. `proxy` is the container of the proxy."""

    id: str
    project: str
    services: tuple[ServicePlan, ...]
    kind: Literal["roll", "rollback"] = "roll"
    proxy: str = ""
    migration: Migration | None = None
    networks: tuple[str, ...] = ()
    env_file: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """What Compose has to find in its environment to make the new copies as its files will say."""
        return {each.tag_variable: each.tag for each in self.services if each.tag and each.tag_variable}

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Plan:
        """What `as_data` gave."""
        services = tuple(_service(each) for each in data["services"])
        found: dict[str, Any] | None = data["migration"]
        migration = Migration(**_tuples(found)) if found else None
        plain = {**data, "services": services, "migration": migration, "networks": tuple(data["networks"])}
        return cls(**plain)


def _service(data: Mapping[str, Any]) -> ServicePlan:
    fields = _tuples(data)
    fields["hooks"] = tuple(tuple(hook) for hook in data["hooks"])
    fields["names"] = {network: tuple(names) for network, names in data["names"].items()}
    return ServicePlan(**{**fields, "update": Policy(**data["update"]), "back": Policy(**data["back"])})


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where the classes have tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
