"""The containers of a project, as Docker knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devkit.base.errors import DevkitError
from devkit.compose.docker import Docker

__all__ = ["Container", "Endpoint", "containers_of", "moment", "projects_of"]

_PROJECT, _SERVICE, _ONE_OFF, _NUMBER = (
    f"com.docker.compose.{name}" for name in ("project", "service", "oneoff", "container-number")
)


@dataclass(frozen=True)
class Endpoint:
    """A container in a network: its address now (empty while it does not run), the one that it was given for good, and what others
    call it by."""

    address: str
    fixed: str
    names: frozenset[str]


@dataclass(frozen=True)
class Container:
    """One copy of a service. `status` and `health` in Docker's words (`health` is empty without a health check), `said` the
    last line that a failed health check printed; `image` is what the project asked for, `image_id` what runs. `addresses` are
    its IP addresses, `endpoints` what it is in each network."""

    id: str
    name: str
    service: str
    status: str
    health: str
    said: str
    exit_code: int
    out_of_memory: bool
    restarts: int
    started: datetime | None
    image: str
    image_id: str
    addresses: tuple[str, ...]
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether it is up, whatever its health."""
        return self.status == "running"

    @property
    def short(self) -> str:
        """Its id as Docker shows it."""
        return self.id[:12]

    def is_named(self, network: str) -> bool:
        """Whether others in a network find it by its service's name."""
        return network in self.endpoints and self.service in self.endpoints[network].names

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Container:
        """From what `docker inspect` prints."""
        state, config = found["State"], found["Config"]
        health = state.get("Health") or {}
        log = health.get("Log") or []
        networks = (found.get("NetworkSettings") or {}).get("Networks") or {}
        addresses = (
            each.get(key) for each in networks.values() for key in ("IPAddress", "GlobalIPv6Address")
        )
        return cls(
            id=found["Id"],
            name=found["Name"].lstrip("/"),
            service=config["Labels"].get(_SERVICE, ""),
            status=state["Status"],
            health=health.get("Status", "") if health.get("Status") != "none" else "",
            said=_last_line(log[-1].get("Output", "")) if log and log[-1].get("ExitCode") else "",
            exit_code=state["ExitCode"],
            out_of_memory=bool(state.get("OOMKilled")),
            restarts=found.get("RestartCount", 0),
            started=moment(state.get("StartedAt", "")),
            image=config["Image"],
            image_id=found["Image"],
            addresses=tuple(filter(None, addresses)),
            endpoints={name: _endpoint(each) for name, each in networks.items()},
            labels=config["Labels"] or {},
        )


def containers_of(docker: Docker, project: str, service: str = "") -> list[Container]:
    """All of a project's or of one service, those that do not run as well, by service and number; without those of `docker
    compose run`.

    Raises DevkitError where Docker does not answer.
    """
    filters = [f"label={_PROJECT}={project}", *([f"label={_SERVICE}={service}"] if service else [])]
    wanted = [word for each in filters for word in ("--filter", each)]
    for attempt in range(3):
        listed = docker.run("ps", "--all", "--quiet", "--no-trunc", *wanted)
        try:
            found = docker.inspect("container", listed.split())
            break
        except DevkitError:  # one of them went meanwhile
            if attempt == 2:
                raise
    of_services = (each for each in found if each["Config"]["Labels"].get(_ONE_OFF, "False") != "True")
    return sorted(
        map(Container.of, of_services),
        key=lambda each: (each.service, int(each.labels.get(_NUMBER, 0)), each.name),
    )


def projects_of(docker: Docker) -> dict[str, int]:
    """The projects that have containers there, each with their number. Raises DevkitError where Docker does not answer."""
    rows = docker.run("ps", "--all", "--filter", f"label={_PROJECT}", "--format", "{{json .}}").splitlines()
    names: dict[str, int] = {}
    for row in rows:
        labels = dict(each.partition("=")[::2] for each in json.loads(row)["Labels"].split(","))
        names[labels.get(_PROJECT, "")] = names.get(labels.get(_PROJECT, ""), 0) + 1
    return {name: count for name, count in sorted(names.items()) if name}


def _endpoint(found: Mapping[str, Any]) -> Endpoint:
    fixed = (found.get("IPAMConfig") or {}).get("IPv4Address", "")
    return Endpoint(found.get("IPAddress") or "", fixed, frozenset(found.get("Aliases") or ()))


def moment(text: str) -> datetime | None:
    """A time as Docker writes it, with nanoseconds; None for never."""
    day, _, fraction = text.removesuffix("Z").partition(".")
    zone = "+00:00"
    if "+" in fraction or "-" in fraction:
        sign = "+" if "+" in fraction else "-"
        zone = sign + fraction.partition(sign)[2]
    try:
        found = datetime.fromisoformat(day[:19] + zone)
    except ValueError:
        return None
    return found if found.year > 1 else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:100] if lines else ""
