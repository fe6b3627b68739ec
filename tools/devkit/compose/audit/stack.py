"""What the rules look at: a project's services, and what each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path

from devkit.compose.audit.edits import Edit, insertion
from devkit.compose.model import ComposeError, Node, Plain
from devkit.compose.project import Project
from devkit.compose.units import duration
from devkit.findings.model import Place

__all__ = ["Role", "Service", "Stack", "seconds"]

_PROXIES = {"traefik", "caddy", "haproxy", "envoy", "nginx-proxy", "nginx-ingress"}
_DATABASES = {
    "clickhouse", "clickhouse-server", "postgres", "postgis", "timescaledb", "mysql", "mariadb", "mongo", "elasticsearch",
    "opensearch", "cassandra", "influxdb",
}  # fmt: skip
_OTHER_STORES = {"redis", "valkey", "keydb", "memcached", "rabbitmq", "nats", "kafka", "minio", "etcd"}
_WEB_PORTS = {"80", "443"}


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

    def into_deploy(self, lines: Sequence[str]) -> list[Edit]:
        """Edits that put lines into its `deploy`; none where that is absent or empty."""
        deploy = self.entries("deploy")
        return self.before(lines, "deploy", next(iter(deploy))) if deploy else []

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
    def published(self) -> list[Node]:
        """Those of its `ports` that are ports of the host that it names."""
        return [port for port in self.items("ports") if port.get("published") is not None]

    @cached_property
    def exposed(self) -> set[str]:
        """Ports of the container that it names."""
        named = {str(each.plain()).partition("/")[0] for each in self.items("expose")}
        targets = (each.get("target") for each in self.items("ports"))
        return named | {str(port.plain()) for port in targets if port is not None}

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
        published = {str(number.plain()) for port in self.published if (number := port.get("published"))}
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
    def files(self) -> dict[str, str]:
        """The texts of the Compose files that something comes from, by the names that places have."""
        known = {file.resolve() for file in self.project.files}
        named = {node.place.file for _, node in self.project.tree.walk()}
        paths = {name: Path(name).resolve() for name in sorted(named)}
        return {name: path.read_text("utf-8") for name, path in paths.items() if path in known}

    def is_literal(self, node: Node) -> bool:
        """Whether a value stands in a Compose file as it is: not in an env file, and not in a variable."""
        return node.value is not None and not node.origin.variables and node.place.file in self.files

    def applications(self) -> Iterator[Service]:
        """The services whose releases are ours."""
        return (service for service in self.services if service.is_application)

    def lasting(self) -> Iterator[Service]:
        """The services that are to keep running."""
        return (service for service in self.services if not service.ends_by_itself)


def seconds(node: Node | None) -> float | None:
    """A duration (`1m30s`); None for anything else."""
    if node is None or not isinstance(node.value, str):
        return None
    try:
        return duration(node, node.value) / 1e9
    except ComposeError:
        return None
