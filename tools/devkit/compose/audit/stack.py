"""What the rules look at: a project's services, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path

from devkit.compose.audit.edits import Edit, insertion
from devkit.compose.model import Node, Plain
from devkit.compose.project import Project
from devkit.findings.model import Place

__all__ = ["Role", "Service", "Stack", "seconds"]

_PROXIES = {"traefik", "caddy", "haproxy", "envoy", "nginx-proxy", "nginx-ingress"}
_DATABASES = {
    "clickhouse", "clickhouse-server", "postgres", "postgis", "timescaledb", "mysql", "mariadb", "mongo", "elasticsearch",
    "opensearch", "cassandra", "influxdb",
}  # fmt: skip
_OTHER_STORES = {"redis", "valkey", "keydb", "memcached", "rabbitmq", "nats", "kafka", "minio", "etcd"}
_WEB_PORTS = {"80", "443"}
_UNIT = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|us|µs|ns|m|s)")


class Role(Enum):
    """What a service is, as far as its image tells."""

    APPLICATION = "application"  # built here, or its image's name has a variable in it: its releases are ours
    PROXY = "proxy"
    DATABASE = "database"
    STORE = "store"
    OTHER = "other"


@dataclass(frozen=True)
class Service:
    """One service of the project, extends and includes resolved."""

    name: str
    node: Node

    def get(self, *path: str) -> Node | None:
        """A value below it; None where there is none."""
        return self.node.get(*path)

    def plain(self, *path: str) -> Plain:
        """The same as data."""
        found = self.node.get(*path)
        return found.plain() if found is not None else None

    def text(self, *path: str) -> str:
        """The same as text, empty where there is none."""
        found = self.plain(*path)
        return "" if found is None else str(found)

    def entries(self, *path: str) -> dict[str, Node]:
        """The entries of a mapping; none where there is no such."""
        found = self.node.get(*path)
        return found.value if found is not None and isinstance(found.value, dict) else {}

    def items(self, *path: str) -> list[Node]:
        """The items of a list; none where there is no such."""
        found = self.node.get(*path)
        return found.value if found is not None and isinstance(found.value, list) else []

    def words(self, *path: str) -> list[str]:
        """The texts of a list: a command's words."""
        return [str(item.plain()) for item in self.items(*path)]

    def place(self, *path: str) -> Place:
        """Where a value's key is, or the nearest thing around it that was written."""
        for length in range(len(path), 0, -1):
            found = self.node.get(*path[:length])
            if found is not None and not found.origin.note:
                return found.at_key
        return self.node.at_key

    def before(self, lines: Sequence[str], *path: str) -> list[Edit]:
        """Edits that put lines before the key at a path; none where there is no such key, or another service's is extended."""
        found = self.node.get(*path)
        if found is None or found.key is None or found.origin.note or found.origin.via:
            return []
        return insertion(found.key, lines)

    @cached_property
    def image(self) -> str:
        return self.text("image")

    @cached_property
    def base_name(self) -> str:
        """The image's name without registry, tag and digest: `clickhouse-server`."""
        return self.image.partition("@")[0].rpartition("/")[2].partition(":")[0]

    @cached_property
    def tag(self) -> str:
        """The image's tag; empty where it has none, or a digest."""
        reference, _, digest = self.image.partition("@")
        return "" if digest else reference.rpartition("/")[2].partition(":")[2]

    @cached_property
    def ports(self) -> list[Node]:
        """Ports of the host that it takes."""
        return self.items("ports")

    @cached_property
    def exposed(self) -> set[str]:
        """Ports of the container that it names."""
        named = {str(each.plain()).partition("/")[0] for each in self.items("expose")}
        return named | {str(port.plain()) for each in self.ports if (port := each.get("target")) is not None}

    @cached_property
    def labels(self) -> dict[str, Node]:
        return self.entries("labels")

    @cached_property
    def role(self) -> Role:
        image = self.get("image")
        if self.base_name in _PROXIES:
            return Role.PROXY
        if self.base_name in _DATABASES:
            return Role.DATABASE
        if self.base_name in _OTHER_STORES:
            return Role.STORE
        if self.get("build") is not None or (image is not None and image.origin.variables):
            return Role.APPLICATION
        published = {str(each.plain()) for port in self.ports if (each := port.get("published")) is not None}
        return Role.PROXY if published & _WEB_PORTS and self.items("volumes") else Role.OTHER

    @property
    def is_application(self) -> bool:
        return self.role is Role.APPLICATION

    @property
    def ends_by_itself(self) -> bool:
        """Whether it is a job, not something that is to keep running."""
        return self.text("restart") in ("no", "on-failure") or self.text("restart").startswith("on-failure:")


@dataclass
class Stack:
    """A project to audit. `wanted` are the edits that fixes asked for."""

    project: Project
    wanted: list[Edit] = field(default_factory=list)

    @cached_property
    def services(self) -> list[Service]:
        """Every enabled service, by name."""
        return [Service(name, node) for name, node in sorted(self.project.services.items())]

    @cached_property
    def names(self) -> set[str]:
        return {service.name for service in self.services}

    @cached_property
    def _files(self) -> set[Path]:
        return {file.resolve() for file in self.project.files}

    def is_literal(self, node: Node) -> bool:
        """Whether a value stands in a Compose file as it is: not in an env file, and not in a variable."""
        if node.value is None or node.origin.variables:
            return False
        return Path(node.place.file).resolve() in self._files

    def applications(self) -> Iterator[Service]:
        """The services whose releases are ours."""
        return (service for service in self.services if service.is_application)

    def lasting(self) -> Iterator[Service]:
        """The services that are to keep running."""
        return (service for service in self.services if not service.ends_by_itself)


def seconds(text: str) -> float | None:
    """Compose's duration (`1m30s`); None for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT[unit] for number, unit in parts)
