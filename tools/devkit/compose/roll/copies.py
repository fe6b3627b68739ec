"""A service's containers, as Docker sees them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devkit.compose.docker import Docker

__all__ = ["Copy", "Endpoint", "copies_of", "project_containers"]

_LABEL = "com.docker.compose."


@dataclass(frozen=True)
class Endpoint:
    """A container in a network: its address now (empty while it does not run), the one it was given for good, its names."""

    address: str
    fixed: str
    names: frozenset[str]


@dataclass(frozen=True)
class Copy:
    """A container. `health` is empty where Docker does not ask for it; `restarts` counts what its restart policy did."""

    id: str
    name: str
    service: str
    image: str
    reference: str
    status: str
    health: str
    restarts: int
    exit_code: int
    endpoints: Mapping[str, Endpoint]
    labels: Mapping[str, str]

    @property
    def short(self) -> str:
        return self.id[:12]

    @property
    def runs(self) -> bool:
        return self.status == "running"

    @property
    def began(self) -> bool:
        """Whether it has ever been started."""
        return self.status != "created"

    @property
    def addresses(self) -> set[str]:
        return {endpoint.address for endpoint in self.endpoints.values() if endpoint.address}

    def is_named(self, network: str) -> bool:
        """Whether others find it in a network by its service's name."""
        return network in self.endpoints and self.service in self.endpoints[network].names


def project_containers(docker: Docker, project: str) -> list[Copy]:
    """All containers of a project that are to stay, running or not; not those of `compose run`."""
    return _found(docker, project)


def copies_of(docker: Docker, project: str, service: str) -> list[Copy]:
    """All containers of a service, the oldest number first."""
    return _found(docker, project, f"label={_LABEL}service={service}")


def _found(docker: Docker, project: str, *filters: str) -> list[Copy]:
    wanted = (f"label={_LABEL}project={project}", f"label={_LABEL}oneoff=False", *filters)
    options = [word for each in wanted for word in ("--filter", each)]
    ids = docker.run("ps", "--all", "--quiet", "--no-trunc", *options).split()
    copies = [_copy(data) for data in docker.inspect("container", ids)]
    return sorted(
        copies, key=lambda copy: (copy.service, int(copy.labels.get(f"{_LABEL}container-number", 0)))
    )


def _copy(data: Mapping[str, Any]) -> Copy:
    state, labels = data["State"], data["Config"]["Labels"] or {}
    return Copy(
        id=data["Id"], name=data["Name"].lstrip("/"), service=labels.get(f"{_LABEL}service", ""), image=data["Image"],
        reference=data["Config"]["Image"], status=state["Status"], health=(state.get("Health") or {}).get("Status", ""),
        restarts=data["RestartCount"], exit_code=state["ExitCode"], labels=labels,
        endpoints={name: _endpoint(each) for name, each in data["NetworkSettings"]["Networks"].items()},
    )  # fmt: skip


def _endpoint(data: Mapping[str, Any]) -> Endpoint:
    fixed = (data.get("IPAMConfig") or {}).get("IPv4Address", "")
    return Endpoint(data.get("IPAddress") or "", fixed, frozenset(data.get("Aliases") or ()))
